// Means of numbers of digits rather than of sizes: a few strong edges must not hide a smooth plane.
#include "plugins/holo-image/lossless/plane_scale.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>

namespace holo::image::lossless {
namespace {

// Errors of at most so many digits are modelled whole; differences are learnt with so many.
constexpr std::int64_t kModelledDigits = 5;
constexpr std::int64_t kLearntDigits = 6;

int digits(int difference) { return std::bit_width(static_cast<unsigned>(std::abs(difference))); }

}  // namespace

PlaneScale choose_scale(std::span<const std::uint16_t> samples, const Shape& shape) {
  std::int64_t error_digits = 0;
  std::int64_t difference_digits = 0;
  std::int64_t count = 0;
  const auto stride = std::size_t(shape.width);
  for (std::size_t i = stride; i < samples.size(); ++i) {
    if (i % stride == 0) continue;
    const int left = samples[i - 1], above = samples[i - stride];
    const int gradient = left + above - samples[i - stride - 1];
    const int expected = std::clamp(gradient, std::min(left, above), std::max(left, above));
    error_digits += digits(samples[i] - expected);
    difference_digits += digits(2 * (left - above));
    ++count;
  }
  if (count == 0) return {};
  PlaneScale scale;
  scale.low_bits =
      int(std::clamp<std::int64_t>(error_digits / count - kModelledDigits, 0, shape.depth - 1));
  // Depths below 8 are scaled up to 8 bits first.
  const std::int64_t scaled = difference_digits / count + std::max(0, 8 - shape.depth);
  scale.feature_shift = int(std::clamp<std::int64_t>(scaled - kLearntDigits, 0, 15));
  return scale;
}

}  // namespace holo::image::lossless
