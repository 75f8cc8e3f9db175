// How the shipped tables are written down: each number is two characters of six bits, the upper
// six first, in the base-64 alphabet, plus 2048. So a number is in -2048..2047.
#pragma once

#include <span>
#include <string_view>

namespace holo::image {

inline constexpr std::string_view kModelDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
inline constexpr int kModelOffset = 2048;
inline constexpr int kModelNumbersPerLine = 32;

// Number `index` of a table whose lines hold kModelNumbersPerLine numbers each.
inline int model_number(std::span<const std::string_view> lines, int index) {
  const std::string_view line = lines[static_cast<std::size_t>(index / kModelNumbersPerLine)];
  const auto at = static_cast<std::size_t>(index % kModelNumbersPerLine) * 2;
  const auto digit = [](char c) { return static_cast<int>(kModelDigits.find(c)); };
  return digit(line[at]) * 64 + digit(line[at + 1]) - kModelOffset;
}

}  // namespace holo::image
