// The quantizer: a geometric table of step sizes, sixteen to the octave.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "plugins/holovid/transform.hpp"

namespace holo::holovid {

inline constexpr int kStepsPerOctave = 16;
inline constexpr int kQuantizerCount = 192;
inline constexpr int kMaxLevel = 32767;

// Step of quantizer q (0..191) at 8 bits is 2^((q - 32) / 16), kept in 1/4096; deeper samples
// multiply it by 2^(depth - 8).
[[nodiscard]] constexpr std::int64_t step_4096(int q, int depth) {
  constexpr std::array<std::int32_t, kStepsPerOctave> kOctave = {4096, 4277, 4467, 4664, 4871, 5087,
                                                                 5312, 5547, 5793, 6049, 6317, 6597,
                                                                 6889, 7194, 7512, 7845};
  const std::int64_t step = std::int64_t{kOctave[static_cast<std::size_t>(q % kStepsPerOctave)]}
                            << (q / kStepsPerOctave);
  return depth >= 8 ? (step << (depth - 8)) >> 2 : std::max<std::int64_t>(step >> (10 - depth), 1);
}

// The quantizer of planes 1 and 2: finer than plane 0 where that is coarse.
[[nodiscard]] constexpr int chroma_quantizer(int q, int offset) {
  constexpr int kKnee = 101;  // a step of 20
  const int base = q < kKnee ? q : kKnee + (q - kKnee) * 3 / 4;
  return std::clamp(base + offset, 0, kQuantizerCount - 1);
}

// Coefficient, in the scale of inverse_transform and within its limit, of a level.
[[nodiscard]] constexpr std::int32_t dequantize(int level, std::int64_t step, std::int32_t limit) {
  const std::int64_t scaled =
      (level * step + (1 << (11 - kCoefficientScaleLog2))) >> (12 - kCoefficientScaleLog2);
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(scaled, -limit, limit));
}

}  // namespace holo::holovid
