// Checked steps of filling TokenizerFiles, for its two sources.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "core/lm/tokenizer_files.hpp"

namespace holo::lm {

// `vocabulary`: object from token to id; `added`: list of added tokens, those marked special are
// kept apart. Ids are unique, apart from added tokens that repeat one of the vocabulary, and leave
// few gaps; otherwise INVALID_ARG.
Status take_vocabulary(const nlohmann::json& vocabulary, const nlohmann::json& added,
                       const std::string& name, TokenizerFiles& files);
// "left right"; INVALID_ARG unless exactly one space parts two texts.
Status add_merge(TokenizerFiles& files, const std::string& line);

}  // namespace holo::lm
