// Parameters as people read and write them: "NAME:key=value", ranges, help lines, JSON Schema.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/host/checks.hpp"
#include "core/host/param_table.hpp"

namespace holo::host {
namespace {

std::string number_text(std::int32_t type, double number) {
  ParamValue value;
  value.type = type;
  value.integer = type == HOLO_PARAM_FLOAT ? 0 : static_cast<std::int64_t>(number);
  value.number = number;
  return value.to_text();
}

// Splits at commas; "\," stands for a comma inside a value.
std::vector<std::string> split_items(std::string_view text) {
  std::vector<std::string> items(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == ',') {
      items.back() += ',';
      ++i;
    } else if (text[i] == ',') {
      items.emplace_back();
    } else {
      items.back() += text[i];
    }
  }
  return items;
}

nlohmann::ordered_json number_json(std::int32_t type, double number) {
  if (type == HOLO_PARAM_FLOAT) return number;
  return static_cast<std::int64_t>(number);
}

nlohmann::ordered_json property_schema(const ParamSpec& spec) {
  nlohmann::ordered_json property;
  switch (spec.type) {
    case HOLO_PARAM_BOOL:
      property["type"] = "boolean";
      property["default"] = spec.default_number != 0;
      break;
    case HOLO_PARAM_INT:
    case HOLO_PARAM_FLOAT:
      property["type"] = spec.type == HOLO_PARAM_INT ? "integer" : "number";
      property["minimum"] = number_json(spec.type, spec.minimum);
      property["maximum"] = number_json(spec.type, spec.maximum);
      property["default"] = number_json(spec.type, spec.default_number);
      break;
    default:
      property["type"] = "string";
      for (const ParamChoice& choice : spec.choices) property["enum"].push_back(choice.name);
      property["default"] = spec.default_text;
  }
  property["title"] = spec.summary;
  if (!spec.help.empty()) property["description"] = spec.help;
  if (!spec.unit.empty()) property["x-unit"] = spec.unit;
  if ((spec.flags & HOLO_PARAM_DEPRECATED) != 0) property["deprecated"] = true;
  return property;
}

}  // namespace

Result<KeyValue> parse_key_value(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string_view::npos) {
    return make_error(HOLO_INVALID_ARG,
                      "expected key=value, found '" + printable(text) + "', such as quality=80");
  }
  return KeyValue(text.substr(0, equals), text.substr(equals + 1));
}

Result<ComponentSpec> parse_component_spec(std::string_view text) {
  const std::size_t colon = text.find(':');
  ComponentSpec spec{std::string(text.substr(0, colon)), {}};
  if (spec.name.empty()) {
    return make_error(HOLO_INVALID_ARG, "expected NAME or NAME:key=value,key=value, found '" +
                                            printable(text) + "'; a name is missing");
  }
  if (colon == std::string_view::npos) return spec;
  for (const std::string& item : split_items(text.substr(colon + 1))) {
    auto pair = parse_key_value(item);
    if (!pair.ok()) return std::move(pair).error().in("in '" + printable(text) + "'");
    spec.params.push_back(std::move(pair).value());
  }
  return spec;
}

std::string type_name(std::int32_t type) {
  switch (type) {
    case HOLO_PARAM_BOOL:
      return "bool";
    case HOLO_PARAM_INT:
      return "int";
    case HOLO_PARAM_FLOAT:
      return "float";
    case HOLO_PARAM_CHOICE:
      return "choice";
    case HOLO_PARAM_TEXT:
      return "text";
    default:
      return "unknown";
  }
}

std::string describe_range(const ParamSpec& spec) {
  switch (spec.type) {
    case HOLO_PARAM_BOOL:
      return "on|off";
    case HOLO_PARAM_INT:
    case HOLO_PARAM_FLOAT:
      return number_text(spec.type, spec.minimum) + ".." + number_text(spec.type, spec.maximum) +
             (spec.unit.empty() ? "" : " " + spec.unit);
    case HOLO_PARAM_CHOICE: {
      std::string names;
      for (const ParamChoice& choice : spec.choices) {
        names += (names.empty() ? "" : "|") + choice.name;
      }
      return names;
    }
    default:
      return "any text";
  }
}

std::string describe_default(const ParamSpec& spec) {
  if (spec.type == HOLO_PARAM_BOOL) return spec.default_number != 0 ? "on" : "off";
  if (spec.type == HOLO_PARAM_INT || spec.type == HOLO_PARAM_FLOAT) {
    return number_text(spec.type, spec.default_number);
  }
  return spec.type == HOLO_PARAM_TEXT ? "\"" + spec.default_text + "\"" : spec.default_text;
}

std::string describe_table(const ParamTable& table, bool expert) {
  std::vector<const ParamSpec*> rows;
  std::size_t width = 0;
  for (const ParamSpec& spec : table) {
    if ((spec.flags & HOLO_PARAM_DEPRECATED) != 0) continue;
    if (!expert && (spec.flags & HOLO_PARAM_EXPERT) != 0) continue;
    rows.push_back(&spec);
    width = std::max(width, spec.key.size());
  }
  std::string text;
  for (const ParamSpec* spec : rows) {
    text += spec->key + std::string(width - spec->key.size() + 3, ' ') + describe_range(*spec) +
            ", default " + describe_default(*spec) + " — " + spec->summary + "\n";
  }
  return text;
}

std::string json_schema(const ParamTable& table, std::string_view title, bool decode) {
  nlohmann::ordered_json properties = nlohmann::ordered_json::object();
  for (const ParamSpec& spec : table) {
    if (((spec.flags & HOLO_PARAM_DECODE) != 0) == decode) {
      properties[spec.key] = property_schema(spec);
    }
  }
  nlohmann::ordered_json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                                   {"title", title},
                                   {"type", "object"},
                                   {"properties", std::move(properties)},
                                   {"additionalProperties", false}};
  return schema.dump(2);
}

}  // namespace holo::host
