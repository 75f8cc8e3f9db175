// The split of a text into words, inside which byte pairs merge: the regular expressions of the
// tokenizers' authors, as scanners.
#pragma once

#include <cstddef>
#include <string_view>

namespace holo::lm {

enum class WordSplit {
  // 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
  gpt2,
  // Every character of category N is a word; GPT-2's split of what lies between (SmolLM).
  gpt2_digits,
  // (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|
  // \s*[\r\n]+|\s+(?!\S)|\s+
  llama3
};

// Bytes of the first word of `text`, which is UTF-8 and not empty. Words follow each other without
// a gap.
std::size_t first_word(WordSplit split, std::string_view text);

}  // namespace holo::lm
