// Sentencepiece BPE as Llama 2 has it: spaces become U+2581, characters merge over the whole text,
// and characters without a token fall back to tokens of their bytes.
#pragma once

#include "core/lm/tokenizer.hpp"
#include "core/lm/tokenizer_files.hpp"

namespace holo::lm {

// INVALID_ARG if one of the tokens "<0x00>" to "<0xFF>" is missing.
Result<std::unique_ptr<Tokenizer>> create_sentencepiece_bpe(TokenizerFiles files);

}  // namespace holo::lm
