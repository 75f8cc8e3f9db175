// model.safetensors.index.json: which shard has which tensor.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace holo::lm {

struct ShardIndex {
  std::map<std::string, std::string> shard_of;  // tensor name to file name
  std::vector<std::string> shards;              // each once, in order
};

// INVALID_ARG for a shard that is not a plain file name: nothing leads out of the folder.
Result<ShardIndex> parse_shard_index(const std::string& text, const std::string& name);

}  // namespace holo::lm
