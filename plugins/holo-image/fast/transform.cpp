// Plain loops over 64 samples that compilers turn into SIMD; integers make them all agree.
#include "plugins/holo-image/fast/transform.hpp"

#include "plugins/holo-image/color.hpp"

namespace holo::image {

void forward_transform(const BlockClass& c, const Block& residual, Coefficients& out) {
  for (int k = 0; k < kBlockPixels; ++k) {
    const auto& row = c.basis[static_cast<std::size_t>(k)];
    std::int32_t sum = 1 << (kBasisBits - 1);
    for (std::size_t i = 0; i < kBlockPixels; ++i) sum += std::int32_t{row[i]} * residual[i];
    out[static_cast<std::size_t>(k)] = sum >> kBasisBits;
  }
}

void inverse_transform(const BlockClass& c, const Block& coefficients, int count,
                       const Block& prediction, Block& out) {
  constexpr int kShift = kBasisBits - kCoefficientShift;
  alignas(32) std::array<std::int32_t, kBlockPixels> sum;
  sum.fill(1 << (kShift - 1));
  for (std::size_t k = 0; k < static_cast<std::size_t>(count); ++k) {
    const std::int16_t coefficient = coefficients[k];
    if (coefficient == 0) continue;
    const auto& row = c.basis[k];
    for (std::size_t i = 0; i < kBlockPixels; ++i) sum[i] += std::int32_t{coefficient} * row[i];
  }
  for (std::size_t i = 0; i < kBlockPixels; ++i)
    out[i] = clamp_internal(prediction[i] + (sum[i] >> kShift));
}

}  // namespace holo::image
