#include "core/lm/unicode_classes.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace holo::lm {
namespace {

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

#include "core/lm/unicode_classes.inc"

template <std::size_t N>
bool contains(const Range (&ranges)[N], char32_t character) {
  const auto after =
      std::upper_bound(std::begin(ranges), std::end(ranges), character,
                       [](char32_t value, const Range& range) { return value < range.first; });
  return after != std::begin(ranges) && character <= std::prev(after)->last;
}

}  // namespace

bool is_letter(char32_t character) {
  if (character < 0x80) {
    return (character >= U'a' && character <= U'z') || (character >= U'A' && character <= U'Z');
  }
  return contains(kLetters, character);
}

bool is_number(char32_t character) {
  if (character < 0x80) return character >= U'0' && character <= U'9';
  return contains(kNumbers, character);
}

bool is_white_space(char32_t character) {
  return (character >= 0x9 && character <= 0xD) || character == 0x20 || character == 0x85 ||
         character == 0xA0 || character == 0x1680 || (character >= 0x2000 && character <= 0x200A) ||
         character == 0x2028 || character == 0x2029 || character == 0x202F || character == 0x205F ||
         character == 0x3000;
}

Utf8Character first_character(std::string_view text) {
  if (text.empty()) return {0, 0, true};
  const auto byte = [text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1, false};
  if (lead < 0xC2 || lead > 0xF4) return {};
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  char32_t value = lead & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if (i == text.size()) return {0, 0, true};
    // The second byte rules out overlong forms, surrogates and values past the last plane.
    std::uint8_t least = 0x80;
    std::uint8_t most = 0xBF;
    if (i == 1 && lead == 0xE0) least = 0xA0;
    if (i == 1 && lead == 0xED) most = 0x9F;
    if (i == 1 && lead == 0xF0) least = 0x90;
    if (i == 1 && lead == 0xF4) most = 0x8F;
    if (byte(i) < least || byte(i) > most) return {};
    value = value << 6 | (byte(i) & 0x3Fu);
  }
  return {value, length, false};
}

std::size_t utf8_prefix(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (static_cast<std::uint8_t>(text[at]) < 0x80) {
      ++at;
      continue;
    }
    const auto character = first_character(text.substr(at));
    if (character.bytes == 0) return at;
    at += character.bytes;
  }
  return text.size();
}

}  // namespace holo::lm
