#include "core/lm/shard_index.hpp"

#include <set>

#include "core/lm/json_file.hpp"

namespace holo::lm {
namespace {

constexpr std::size_t kMostShards = 4096;

bool plain_name(const std::string& name) {
  return !name.empty() && name.size() <= 255 && name.front() != '.' &&
         name.find('/') == std::string::npos && name.find('\0') == std::string::npos;
}

}  // namespace

Result<ShardIndex> parse_shard_index(const std::string& text, const std::string& name) {
  HOLO_ASSIGN(const auto object, parse_json_object(text, name));
  const auto& map = member(object, "weight_map");
  if (!map.is_object() || map.empty()) {
    return make_error(
        HOLO_INVALID_ARG,
        name + ": expected an object 'weight_map' from tensors to files, found " + shown(map));
  }
  ShardIndex index;
  std::set<std::string> shards;
  for (const auto& [tensor, shard] : map.items()) {
    if (!shard.is_string() || !plain_name(shard.get_ref<const std::string&>())) {
      return make_error(HOLO_INVALID_ARG, name + ": tensor '" + tensor.substr(0, 80) +
                                              "' is said to be in " + shown(shard) +
                                              ", expected the name of a file in the same folder");
    }
    index.shard_of[tensor] = shard.get<std::string>();
    shards.insert(shard.get<std::string>());
  }
  if (shards.size() > kMostShards) {
    return make_error(HOLO_INVALID_ARG, name + " names " + std::to_string(shards.size()) +
                                            " files; at most " + std::to_string(kMostShards));
  }
  index.shards.assign(shards.begin(), shards.end());
  return index;
}

}  // namespace holo::lm
