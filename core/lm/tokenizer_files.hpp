// What the files of a BPE tokenizer say, before it is known which kind it is.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.hpp"
#include "core/lm/bpe_merges.hpp"
#include "core/lm/tokenizer.hpp"
#include "core/lm/word_split.hpp"

namespace holo::lm {

enum class TokenizerKind { byte_level, sentencepiece };
// What a sentencepiece tokenizer puts before a text.
enum class Prefix { none, always, unless_present };

struct TokenizerFiles {
  TokenizerKind kind = TokenizerKind::byte_level;
  std::vector<std::string>
      tokens;          // by id, as spelled in the file; empty where no token has the id
  BpeMerges::Ids ids;  // without special tokens
  std::vector<std::pair<std::string, std::string>> merges;
  std::set<std::int32_t> special;
  Prefix prefix = Prefix::always;     // sentencepiece
  WordSplit split = WordSplit::gpt2;  // byte level
  bool whole_words = false;           // byte level: a word that is a token is taken without merging
  std::int32_t bos = -1;
  std::int32_t eos = -1;
  bool starts_with_bos = false;
};

// tokenizer.json, or vocab.json with merges.txt; tokenizer_config.json where there is one.
Result<TokenizerFiles> read_tokenizer_files(const std::string& folder);
// From texts. `config` may be empty.
Result<TokenizerFiles> parse_tokenizer_json(const std::string& text, const std::string& config,
                                            const std::string& name);
Result<TokenizerFiles> parse_vocabulary(const std::string& vocabulary, const std::string& merges,
                                        const std::string& name);

Result<std::unique_ptr<Tokenizer>> create_tokenizer(TokenizerFiles files);

}  // namespace holo::lm
