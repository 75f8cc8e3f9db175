// Byte-level BPE as GPT-2 has it: every byte is a token, texts split into words, bytes of a word
// merge.
#pragma once

#include <array>

#include "core/lm/tokenizer.hpp"
#include "core/lm/tokenizer_files.hpp"

namespace holo::lm {

// INVALID_ARG if a byte has no token.
Result<std::unique_ptr<Tokenizer>> create_byte_bpe(TokenizerFiles files);

// How GPT-2 spells the 256 bytes in vocab.json: printable ones as themselves, the others as the
// characters from U+0100 on.
const std::array<std::string, 256>& byte_spellings();
// The bytes of a token as vocab.json spells it; a token that is not spelled so is taken as it is.
std::string spelled_bytes(const std::string& token);

}  // namespace holo::lm
