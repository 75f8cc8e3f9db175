// Quality to step, and the uniform quantizer with its reconstruction points.
#pragma once

#include <algorithm>
#include <cstdint>

#include "plugins/holo-image/fast/kernels.hpp"

namespace holo::image::fast {

inline constexpr int kQualityMax = 100;
inline constexpr std::int32_t kLevelMax = 4095;

// Step in internal samples (64 to an 8-bit step): 64 * 2^((100 - quality) / 14), rounded; so
// quality 100 is a step of one, and 14 points of quality halve the step. quality in 0..100.
[[nodiscard]] std::int32_t luma_step(int quality);

// Chroma carries less of the RGB error and is quantized 7/6 as coarsely.
[[nodiscard]] inline std::int32_t chroma_step(std::int32_t luma) { return (luma * 7 + 3) / 6; }

// Reconstruction of a level, on the scale of Kernels::inverse: a little towards zero, where
// the density is higher. level in -kLevelMax..kLevelMax; 4095 * 10560 is below 2^26.
[[nodiscard]] inline std::int16_t dequantize(std::int32_t level, std::int32_t step) {
  if (level == 0) return 0;
  const std::int32_t magnitude = level < 0 ? -level : level;
  const std::int32_t back = magnitude == 1 ? step >> 4 : step >> 5;
  const std::int32_t value = (magnitude * step - back + 4) >> kCoefficientShift;
  const std::int32_t clamped = std::min(value, kCoefficientMax);
  return static_cast<std::int16_t>(level < 0 ? -clamped : clamped);
}

}  // namespace holo::image::fast
