// IEEE 754 binary16 numbers, read as exact fixed-point integers.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <optional>

namespace holo::image {

// Nearest binary16, ties to even; beyond the range, the largest finite one.
[[nodiscard]] inline std::uint16_t to_half(float value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000u);
  const std::uint32_t magnitude = bits & 0x7FFFFFFFu;
  if (magnitude >= 0x477FF000u) return sign | 0x7BFFu;  // 65520 and above
  const int exponent = static_cast<int>(magnitude >> 23) - 127;
  if (exponent < -25) return sign;
  // All bits of the significand, then those that binary16 has no room for are rounded off.
  const std::uint32_t significand = (magnitude & 0x7FFFFFu) | 0x800000u;
  const int dropped = exponent < -14 ? 13 + (-14 - exponent) : 13;
  const std::uint32_t kept = significand >> dropped;
  const std::uint32_t rest = significand & ((1u << dropped) - 1);
  const std::uint32_t halfway = 1u << (dropped - 1);
  const std::uint32_t rounded = kept + (rest > halfway || (rest == halfway && (kept & 1) != 0));
  // A carry out of the significand raises the exponent, as it should.
  const std::uint32_t biased = exponent < -14 ? 0 : static_cast<std::uint32_t>(exponent + 14) << 10;
  return static_cast<std::uint16_t>(sign | (biased + rounded));
}

// The value times 2^24, an integer for every finite binary16; nothing for infinity and NaN.
[[nodiscard]] inline std::optional<std::int64_t> half_fixed(std::uint16_t half) {
  const int exponent = (half >> 10) & 31;
  const std::int64_t fraction = half & 1023;
  if (exponent == 31) return std::nullopt;
  const std::int64_t magnitude = exponent == 0 ? fraction : (fraction + 1024) << (exponent - 1);
  return (half & 0x8000u) != 0 ? -magnitude : magnitude;
}

}  // namespace holo::image
