// Integer block transforms of 4 to 32 points: a DCT, and a trained KLT for intra residuals.
#pragma once

#include <cstdint>

namespace holo::holovid {

// Coefficients are those of the orthonormal transform times 4.
inline constexpr int kCoefficientScaleLog2 = 2;
inline constexpr int kMinTransformLog2 = 2;
inline constexpr int kMaxTransformLog2 = 5;
inline constexpr int kMaxTransformSize = 1 << kMaxTransformLog2;

// Which basis a block uses; a function of the block's mode, never signalled.
enum class Basis : std::uint8_t { kDct, kIntra };

// The basis as rows of N values; the norm of a row is 256 * sqrt(N).
[[nodiscard]] const std::int16_t* basis_rows(Basis basis, int log2_size);

// residual: N x N rows, |value| < 2^depth. out: N x N coefficients, row = vertical frequency.
void forward_transform(Basis basis, int log2_size, int depth, const std::int32_t* residual,
                       std::int32_t* out);

// Largest coefficient magnitude that inverse_transform takes; callers clip to it.
[[nodiscard]] constexpr std::int32_t coefficient_limit(int log2_size, int depth) {
  return (std::int32_t{1} << (depth + log2_size + 2)) - 1;
}
// Coefficients outside the top left rectangle of `columns` x `rows` count as zero.
void inverse_transform(Basis basis, int log2_size, int depth, int columns, int rows,
                       const std::int32_t* coefficients, std::int32_t* residual);

}  // namespace holo::holovid
