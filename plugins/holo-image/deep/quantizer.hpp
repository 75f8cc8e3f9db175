// Steps, and the reconstruction of levels.
#pragma once

#include <algorithm>
#include <cstdint>

#include "plugins/holo-image/deep/transform.hpp"

namespace holo::image::deep {

// Chroma carries less of the RGB error and is quantized 7/6 as coarsely.
[[nodiscard]] constexpr std::int32_t plane_step(int plane, std::int32_t luma) {
  return plane == 0 ? luma : (luma * 7 + 3) / 6;
}

// On the scale of synthesise(): a little towards zero, where the density is higher.
// |level| <= 4095 and step <= 10560: the product stays below 2^26.
[[nodiscard]] inline std::int16_t dequantize(int size, std::int32_t level, std::int32_t step) {
  if (level == 0) return 0;
  const std::int32_t magnitude = level < 0 ? -level : level;
  const int shift = coefficient_shift(size);
  const std::int32_t back = magnitude == 1 ? step >> 4 : step >> 5;
  const std::int32_t value =
      std::min((magnitude * step - back + (1 << (shift - 1))) >> shift, kCoefficientMax);
  return static_cast<std::int16_t>(level < 0 ? -value : value);
}

}  // namespace holo::image::deep
