// How the shipped tables are written down: each number is two characters of six bits, the upper
// six first, in the base-64 alphabet, plus 2048. So a number is in -2048..2047. Odds, 0..63, are
// one character each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace holo::image::fast {

inline constexpr std::string_view kModelDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
// The other way round, by character; other characters are 0.
inline constexpr auto kModelDigitOf = [] {
  std::array<std::uint8_t, 256> digits{};
  for (std::size_t i = 0; i < kModelDigits.size(); ++i)
    digits[static_cast<unsigned char>(kModelDigits[i])] = static_cast<std::uint8_t>(i);
  return digits;
}();
inline int model_digit(char c) { return kModelDigitOf[static_cast<unsigned char>(c)]; }
inline constexpr int kModelOffset = 2048;
inline constexpr int kModelNumbersPerLine = 32;

// Number `index` of a table whose lines hold kModelNumbersPerLine numbers each.
inline int model_number(std::span<const std::string_view> lines, int index) {
  const std::string_view line = lines[static_cast<std::size_t>(index / kModelNumbersPerLine)];
  const auto at = static_cast<std::size_t>(index % kModelNumbersPerLine) * 2;
  return model_digit(line[at]) * 64 + model_digit(line[at + 1]) - kModelOffset;
}

// A table of single digits, 0..63, of kOddsPerLine a line.
inline constexpr std::size_t kOddsPerLine = 64;
inline std::uint8_t odds_number(std::span<const std::string_view> lines, std::size_t index) {
  return static_cast<std::uint8_t>(model_digit(lines[index / kOddsPerLine][index % kOddsPerLine]));
}

}  // namespace holo::image::fast
