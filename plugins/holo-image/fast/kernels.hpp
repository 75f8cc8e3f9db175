// The arithmetic on whole blocks, in two versions that give the same numbers: plain C++ and AVX2.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "plugins/holo-image/fast/model.hpp"

namespace holo::image::fast {

using Block = std::array<std::int16_t, kBlockPixels>;         // internal samples or differences
using Coefficients = std::array<std::int32_t, kBlockPixels>;  // on the scale of internal samples

// What a block's ring adds to its mean, sample by sample; zeros from kRingSamples on.
using RingDifferences = std::array<std::int16_t, 32>;

// Dequantized coefficients are in 1/8 of an 8-bit step, that is 8 internal steps, and lie in
// -kCoefficientMax..kCoefficientMax: 64 of them times 2047 stay below 2^31, whatever the file says.
inline constexpr std::int32_t kCoefficientMax = 16383;
inline constexpr int kCoefficientShift = 3;

// The coefficients or levels of a block that are not zero, by position.
struct SparseBlock {
  int count = 0;
  std::array<std::uint8_t, kBlockPixels + 1> position;  // rising, below 64
  std::array<std::int16_t, kBlockPixels> value;
};

// A block of another plane, and the line y = mean_to + slope / 1024 * (x - mean_from).
struct Regression {
  const std::int16_t* from = nullptr;
  std::ptrdiff_t stride = 0;
  std::int16_t mean_from = 0;
  std::int16_t mean_to = 0;
  std::int16_t slope = 0;  // -1536..1536
};

// The guess at the bits of a coefficient of x eighths of a step: weight * log2(1 + x^2 / floor).
inline constexpr std::int32_t kGuessFloor = 9;
inline constexpr std::int32_t kGuessWeight = 256;
inline constexpr std::int32_t kGuessZero =
    static_cast<std::int32_t>(std::bit_cast<std::uint32_t>(float{kGuessFloor}) >> 13);

struct Kernels {
  // mean + predictor . differences, clamped; 25 * 2048 * 16383 stays below 2^30.
  void (*predict)(const BlockClass& c, const RingDifferences& differences, std::int16_t mean,
                  Block& out);
  // The regression applied to each sample, clamped.
  void (*regress)(const Regression& line, Block& out);
  // basis . residual. |residual| <= 16383 and unit rows: by Cauchy-Schwarz sums stay below 2^29.
  void (*forward)(const BlockClass& c, const Block& residual, Coefficients& out);
  // Adds basis . coefficients to `prediction`, clamps, and stores 8 rows of 8, `stride` apart.
  void (*inverse)(const BlockClass& c, const SparseBlock& coefficients, const Block& prediction,
                  std::int16_t* out, std::ptrdiff_t stride);
  // A quick guess at the bits of a block, in 1/256, that ranks classes.
  std::int32_t (*guess_bits)(const Coefficients& coefficients, std::int32_t step);
};

[[nodiscard]] const Kernels& portable_kernels();
// nullptr where the compiler or the processor has no AVX2.
[[nodiscard]] const Kernels* avx2_kernels();
// The fastest that this processor runs.
[[nodiscard]] const Kernels& kernels();

}  // namespace holo::image::fast
