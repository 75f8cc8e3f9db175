// The plain version of the kernels, which says what the others must give.
#include <algorithm>
#include <bit>
#include <cstdlib>

#include "plugins/holo-image/color.hpp"
#include "plugins/holo-image/fast/kernels.hpp"

namespace holo::image::fast {
namespace {

using Sums = std::array<std::int32_t, kBlockPixels>;

void predict(const BlockClass& c, const RingDifferences& differences, std::int16_t mean,
             Block& out) {
  Sums sum;
  sum.fill(1 << (kPredictorBits - 1));
  for (std::size_t r = 0; r < kRingSamples; ++r)
    for (std::size_t i = 0; i < kBlockPixels; ++i)
      sum[i] += std::int32_t{differences[r]} * c.predictor[r][i];
  for (std::size_t i = 0; i < kBlockPixels; ++i)
    out[i] = clamp_internal(mean + (sum[i] >> kPredictorBits));
}

void regress(const Regression& line, Block& out) {
  for (int y = 0; y < kBlockSide; ++y)
    for (int x = 0; x < kBlockSide; ++x) {
      const std::int32_t from = line.from[y * line.stride + x] - line.mean_from;
      out[std::size_t(y * kBlockSide + x)] =
          clamp_internal(line.mean_to + ((line.slope * from + 512) >> 10));
    }
}

void forward(const BlockClass& c, const Block& residual, Coefficients& out) {
  for (std::size_t k = 0; k < kBlockPixels; ++k) {
    std::int32_t sum = 1 << (kBasisBits - 1);
    for (std::size_t i = 0; i < kBlockPixels; ++i) sum += std::int32_t{c.basis[k][i]} * residual[i];
    out[k] = sum >> kBasisBits;
  }
}

void inverse(const BlockClass& c, const SparseBlock& coefficients, const Block& prediction,
             std::int16_t* out, std::ptrdiff_t stride) {
  constexpr int kShift = kBasisBits - kCoefficientShift;
  Sums sum;
  sum.fill(1 << (kShift - 1));
  for (std::size_t n = 0; n < std::size_t(coefficients.count); ++n) {
    const auto& row = c.basis[coefficients.position[n]];
    for (std::size_t i = 0; i < kBlockPixels; ++i)
      sum[i] += std::int32_t{coefficients.value[n]} * row[i];
  }
  for (std::size_t i = 0; i < kBlockPixels; ++i)
    out[std::ptrdiff_t(i / kBlockSide) * stride + std::ptrdiff_t(i % kBlockSide)] =
        clamp_internal(prediction[i] + (sum[i] >> kShift));
}

// The bits of a float, read as an integer, are its logarithm to base 2 by straight pieces.
std::int32_t guess_bits(const Coefficients& coefficients, std::int32_t step) {
  const float inverse = 8.0f / static_cast<float>(step);
  std::int32_t sum = 0;
  for (const std::int32_t coefficient : coefficients) {
    const float eighths = std::min(static_cast<float>(std::abs(coefficient)) * inverse, 4000.0f);
    const auto whole = static_cast<std::int32_t>(eighths);
    const auto power = static_cast<float>(whole * whole + kGuessFloor);
    sum += static_cast<std::int32_t>(std::bit_cast<std::uint32_t>(power) >> 13) - kGuessZero;
  }
  return sum / 8 * kGuessWeight / 128;
}

}  // namespace

const Kernels& portable_kernels() {
  static constexpr Kernels kPortable = {predict, regress, forward, inverse, guess_bits};
  return kPortable;
}

const Kernels& kernels() {
  static const Kernels& fastest = avx2_kernels() != nullptr ? *avx2_kernels() : portable_kernels();
  return fastest;
}

}  // namespace holo::image::fast
