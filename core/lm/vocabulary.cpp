#include "core/lm/vocabulary.hpp"

#include "core/lm/json_file.hpp"

namespace holo::lm {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMostGaps = 4096;
constexpr std::uint64_t kLongestToken = 4096;

Status put(TokenizerFiles& files, const std::string& name, const std::string& token, const json& id,
           std::uint64_t limit) {
  const std::string shown_token = "token '" + token.substr(0, 80) + "'";
  if (!id.is_number_unsigned() || id.get<std::uint64_t>() >= limit) {
    return make_error(HOLO_INVALID_ARG, name + ": " + shown_token + " has the id " + shown(id) +
                                            ", expected a whole number below " +
                                            std::to_string(limit));
  }
  if (token.empty() || token.size() > kLongestToken) {
    return make_error(HOLO_INVALID_ARG, name + ": the token with the id " + shown(id) + " has " +
                                            std::to_string(token.size()) +
                                            " bytes, expected 1 to " +
                                            std::to_string(kLongestToken));
  }
  const auto index = id.get<std::size_t>();
  if (index >= files.tokens.size()) files.tokens.resize(index + 1);
  std::string& place = files.tokens[index];
  if (!place.empty() && place != token) {
    return make_error(HOLO_INVALID_ARG, name + ": " + shown_token + " and '" + place.substr(0, 80) +
                                            "' both have the id " + shown(id));
  }
  place = token;
  return {};
}

}  // namespace

Status take_vocabulary(const json& vocabulary, const json& added, const std::string& name,
                       TokenizerFiles& files) {
  if (!vocabulary.is_object() || vocabulary.empty()) {
    return make_error(HOLO_INVALID_ARG,
                      name + ": expected an object from tokens to ids, found " + shown(vocabulary));
  }
  const std::uint64_t limit = vocabulary.size() + (added.is_array() ? added.size() : 0) + kMostGaps;
  files.ids.reserve(vocabulary.size());
  for (const auto& [token, id] : vocabulary.items()) {
    if (token.empty()) continue;  // nothing encodes to it
    HOLO_TRY(put(files, name, token, id, limit));
    files.ids.emplace(token, id.get<std::int32_t>());
  }
  if (!added.is_array()) return {};
  for (const auto& entry : added) {
    const std::string token = text_member(entry, "content");
    const json& id = member(entry, "id");
    HOLO_TRY(put(files, name, token, id, limit));
    if (member(entry, "special") != json(true)) continue;
    files.special.insert(id.get<std::int32_t>());
    files.ids.erase(token);
  }
  return {};
}

Status add_merge(TokenizerFiles& files, const std::string& line) {
  const std::size_t space = line.find(' ');
  if (space == std::string::npos || space == 0 || space + 1 == line.size() ||
      line.find(' ', space + 1) != std::string::npos) {
    return make_error(HOLO_INVALID_ARG, "expected two tokens and one space between them, found '" +
                                            line.substr(0, 80) + "'");
  }
  files.merges.emplace_back(line.substr(0, space), line.substr(space + 1));
  return {};
}

}  // namespace holo::lm
