// Logarithms and powers of two in steps of 1/16 octave, in integers.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace holo::image::deep {

inline constexpr int kOctave = 16;

// floor(16 log2(value)) up to the resolution of a table of 64; value >= 1.
[[nodiscard]] inline int log2_16(std::uint64_t value) {
  // Entry i is floor(16 log2(1 + i / 64)).
  static constexpr std::array<std::uint8_t, 64> kFraction = {
      0,  0,  0,  1,  1,  1,  2,  2,  2,  3,  3,  3,  3,  4,  4,  4,  5,  5,  5,  6,  6,  6,
      6,  7,  7,  7,  7,  8,  8,  8,  8,  9,  9,  9,  9,  10, 10, 10, 10, 10, 11, 11, 11, 11,
      12, 12, 12, 12, 12, 13, 13, 13, 13, 13, 14, 14, 14, 14, 14, 15, 15, 15, 15, 15};
  const int top = std::bit_width(value) - 1;
  const std::uint64_t mantissa = top >= 6 ? value >> (top - 6) : value << (6 - top);
  return top * kOctave + kFraction[mantissa & 63];
}

// 2^(exponent / 16) in 1/16384, rounded down; clamped to exponents of -224..255.
[[nodiscard]] inline std::uint32_t exp2_16(int exponent) {
  static constexpr std::array<std::uint32_t, 16> kFraction = {
      16384, 17109, 17866, 18657, 19483, 20346, 21247, 22188,
      23170, 24196, 25267, 26386, 27554, 28774, 30048, 31378};
  const int clamped = std::clamp(exponent, -224, 255);
  const std::uint32_t fraction = kFraction[static_cast<std::size_t>(clamped & 15)];
  const int octaves = clamped >> 4;
  return octaves >= 0 ? fraction << octaves : fraction >> -octaves;
}

}  // namespace holo::image::deep
