// Parameter tables as the host keeps them: owned copies of a plugin's static table, read from the
// plugin or from the cache, and used by the command line, help, validation, completion and JSON.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holo/abi/params.h>

#include "core/base/params.hpp"
#include "core/base/result.hpp"
#include "core/host/nearest.hpp"

namespace holo::host {

struct ParamChoice {
  std::string name;
  std::string help;
};

struct ParamSpec {
  std::string key;
  std::int32_t type = HOLO_PARAM_INT;
  std::string unit;
  std::string summary;
  std::string help;
  double default_number = 0;
  std::string default_text;
  double minimum = 0;
  double maximum = 0;
  std::vector<ParamChoice> choices;
  std::uint32_t flags = 0;
  double step = 0;  // INT, FLOAT; 0: not stated
};

using ParamTable = std::vector<ParamSpec>;
using KeyValue = std::pair<std::string, std::string>;

// Copies and checks a plugin's table: keys well-formed and unique, defaults in range.
Result<ParamTable> import_table(const holo_param_table* table);

// Text to typed values: every key of the table once, in order, defaults filled. `decode` selects
// the rows flagged HOLO_PARAM_DECODE, otherwise the others. An unknown key names its nearest
// neighbour; a value out of range names the range. `owner` is the alias that messages name.
// Errors carry code INVALID_ARG and the key in `param`.
Result<ParamValues> resolve_params(const ParamTable& table, const std::vector<KeyValue>& given,
                                   std::string_view owner, bool decode = false);

// The row flagged HOLO_PARAM_RATE, or null.
const ParamSpec* rate_param(const ParamTable& table);
// A row's default as a value.
ParamValue default_value(const ParamSpec& spec);
// The keys among `given` that are flagged deprecated: still accepted, worth a warning.
std::vector<std::string> deprecated_keys(const ParamTable& table,
                                         const std::vector<KeyValue>& given);

// "NAME:key=value,key=value" as on the command line. Commas inside values are written "\,".
struct ComponentSpec {
  std::string name;
  std::vector<KeyValue> params;
};
Result<ComponentSpec> parse_component_spec(std::string_view text);
Result<KeyValue> parse_key_value(std::string_view text);

// "quality   0..100, default 75 — how good the picture is", one line a row, for --help.
std::string describe_table(const ParamTable& table, bool expert);
// "0..100", "fast|best", "any text".
std::string describe_range(const ParamSpec& spec);
std::string describe_default(const ParamSpec& spec);
std::string type_name(std::int32_t type);

// JSON Schema (draft 2020-12) of an object that holds these parameters, indented text.
std::string json_schema(const ParamTable& table, std::string_view title, bool decode = false);

}  // namespace holo::host
