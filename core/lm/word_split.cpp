#include "core/lm/word_split.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "core/lm/unicode_classes.hpp"

namespace holo::lm {
namespace {

enum class Class { letter, number, space, other };

Class class_of(char32_t character) {
  if (is_letter(character)) return Class::letter;
  if (is_number(character)) return Class::number;
  if (is_white_space(character)) return Class::space;
  return Class::other;
}

bool is_line_end(char32_t character) { return character == U'\n' || character == U'\r'; }

struct Run {
  std::size_t bytes = 0;
  std::size_t last = 0;       // bytes of its last character
  std::size_t line_ends = 0;  // bytes up to and with its last line end
};
Run run_of(Class wanted, std::string_view text, std::size_t most = std::string_view::npos) {
  Run run;
  while (run.bytes < text.size() && most-- > 0) {
    const auto character = first_character(text.substr(run.bytes));
    if (character.bytes == 0 || class_of(character.value) != wanted) break;
    run.bytes += character.bytes;
    run.last = character.bytes;
    if (is_line_end(character.value)) run.line_ends = run.bytes;
  }
  return run;
}

// White space in front of a word leaves its last character to that word.
std::size_t spaces(const Run& run, std::string_view text) {
  if (run.bytes == text.size() || run.bytes == run.last) return std::max<std::size_t>(run.bytes, 1);
  return run.bytes - run.last;
}

std::size_t contraction(std::string_view text) {
  constexpr std::array<std::string_view, 7> kEndings = {"'s", "'t",  "'re", "'ve",
                                                        "'m", "'ll", "'d"};
  for (const auto ending : kEndings) {
    if (text.substr(0, ending.size()) == ending) return ending.size();
  }
  return 0;
}

// Without regard to case, where U+017F is an s as well.
std::size_t contraction_of_any_case(std::string_view text) {
  constexpr std::string_view kLongS = "'\u017F";
  if (text.substr(0, kLongS.size()) == kLongS) return kLongS.size();
  std::string head(text.substr(0, 3));
  for (char& c : head) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return contraction(head);
}

std::size_t gpt2_word(std::string_view text) {
  if (const auto ending = contraction(text); ending != 0) return ending;
  const std::size_t space = text.front() == ' ' ? 1 : 0;
  const auto next = first_character(text.substr(space));
  if (next.bytes != 0) {
    const Class kind = class_of(next.value);
    if (kind != Class::space) return space + run_of(kind, text.substr(space)).bytes;
  }
  return spaces(run_of(Class::space, text), text);
}

std::size_t gpt2_word_between_digits(std::string_view text) {
  const auto first = first_character(text);
  if (is_number(first.value)) return first.bytes;
  // The split sees what lies between two digits as a text of its own, which white space may end.
  const Run run = run_of(Class::space, text);
  if (run.bytes > 0 && is_number(first_character(text.substr(run.bytes)).value)) return run.bytes;
  return gpt2_word(text);
}

std::size_t llama3_word(std::string_view text) {
  constexpr std::size_t kMostDigits = 3;
  if (const auto ending = contraction_of_any_case(text); ending != 0) return ending;
  const auto first = first_character(text);
  const Class kind = class_of(first.value);
  if (kind == Class::letter) return run_of(kind, text).bytes;
  if (kind == Class::number) return run_of(kind, text, kMostDigits).bytes;
  if (!is_line_end(first.value)) {
    const Run letters = run_of(Class::letter, text.substr(first.bytes));
    if (letters.bytes > 0) return first.bytes + letters.bytes;
  }
  const std::size_t space = text.front() == ' ' ? 1 : 0;
  if (const Run other = run_of(Class::other, text.substr(space)); other.bytes > 0) {
    const std::size_t end = space + other.bytes;
    const auto rest = text.substr(end).find_first_not_of("\r\n");
    return rest == std::string_view::npos ? text.size() : end + rest;
  }
  const Run run = run_of(Class::space, text);
  return run.line_ends > 0 ? run.line_ends : spaces(run, text);
}

}  // namespace

std::size_t first_word(WordSplit split, std::string_view text) {
  switch (split) {
    case WordSplit::gpt2:
      break;
    case WordSplit::gpt2_digits:
      return gpt2_word_between_digits(text);
    case WordSplit::llama3:
      return llama3_word(text);
  }
  return gpt2_word(text);
}

}  // namespace holo::lm
