// The small JSON files of a model folder, read with bounds and with errors that name the place.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "core/base/result.hpp"

namespace holo::lm {

// The bytes of `path`; NOT_FOUND without it, NO_MEMORY past `limit`.
Result<std::string> read_text_file(const std::string& path, std::uint64_t limit);

// Parses an object. INVALID_ARG says where the text stops being JSON; values nested deeper than 32
// levels are left out.
Result<nlohmann::json> parse_json_object(const std::string& text, const std::string& name);
Result<nlohmann::json> read_json_object(const std::string& path, std::uint64_t limit);

// The member `key`, or null. A shared null object stands for members that are absent.
const nlohmann::json& member(const nlohmann::json& object, const char* key);
// The member as text; empty if it is absent or no text.
std::string text_member(const nlohmann::json& object, const char* key);
// A value for messages, cut to a readable length.
std::string shown(const nlohmann::json& value);

}  // namespace holo::lm
