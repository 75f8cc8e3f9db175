// Trains a byte-level BPE vocabulary on texts.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.hpp"

namespace holo::lm {

struct TrainedBpe {
  std::vector<std::string> tokens;  // bytes by id: the 256 bytes, then what merges made
  std::vector<std::pair<std::int32_t, std::int32_t>> merges;  // of ids, by rank
};

// Merges the most frequent pair of neighbours inside words, again and again, until `vocabulary`
// tokens are reached, the special "<|endoftext|>" included, or no pair occurs twice. Among pairs of
// equal count the one whose first, then second id is smaller goes first: the same texts give the
// same tokens. INVALID_ARG for a vocabulary below 257 or above 2^20, or text that is not UTF-8.
// `stop`, asked between merges, ends with CANCELLED.
Result<TrainedBpe> train_bpe(const std::vector<std::string_view>& texts, std::int32_t vocabulary,
                             const std::function<bool()>& stop = {});

// The files that Tokenizer::open reads back, "<|endoftext|>" as the last id.
std::string vocabulary_json(const TrainedBpe& bpe);
std::string merges_text(const TrainedBpe& bpe);

}  // namespace holo::lm
