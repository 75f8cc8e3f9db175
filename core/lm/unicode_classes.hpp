// The three classes of characters that GPT-2 splits text by, and UTF-8 one character at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace holo::lm {

bool is_letter(char32_t character);       // general category L
bool is_number(char32_t character);       // general category N
bool is_white_space(char32_t character);  // property White_Space

struct Utf8Character {
  char32_t value = 0;
  std::size_t bytes = 0;  // 0: no character begins here
  bool cut = false;       // with bytes = 0: the text ends inside what may be a character
};
// The character at the front of `text`: no overlong forms, no surrogates, at most U+10FFFF.
Utf8Character first_character(std::string_view text);
// Offset of the first byte that is not UTF-8; text.size() without one.
std::size_t utf8_prefix(std::string_view text);

}  // namespace holo::lm
