// From text to typed values: what was given is checked against the table, the rest is filled in.
#include "core/host/param_table.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/host/checks.hpp"

namespace holo::host {
namespace {

struct Spelling {
  std::string_view text;
  bool value;
};
constexpr std::array<Spelling, 8> kBoolSpellings = {{{"1", true},
                                                     {"0", false},
                                                     {"true", true},
                                                     {"false", false},
                                                     {"yes", true},
                                                     {"no", false},
                                                     {"on", true},
                                                     {"off", false}}};

bool is_decode(const ParamSpec& spec) { return (spec.flags & HOLO_PARAM_DECODE) != 0; }

std::string quoted(std::string_view text) { return "'" + printable(text) + "'"; }

Error out_of_range(const ParamSpec& spec, std::string_view owner, std::string_view text,
                   std::string_view expected) {
  Error error =
      make_error(HOLO_INVALID_ARG, std::string(owner) + ": " + spec.key + " is " + quoted(text) +
                                       ", expected " + std::string(expected));
  error.param = spec.key;
  return error;
}

Status parse_bool(const ParamSpec& spec, std::string_view text, std::string_view owner,
                  ParamValue& value) {
  for (const Spelling& spelling : kBoolSpellings) {
    if (spelling.text == text) {
      value.integer = spelling.value ? 1 : 0;
      return {};
    }
  }
  return out_of_range(spec, owner, text, "one of 1, 0, true, false, yes, no, on, off");
}

// All of `text` as a number, independent of the locale.
template <class Number>
std::errc parse_all(std::string_view text, Number& number) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc()) return code;
  return end == text.data() + text.size() ? std::errc() : std::errc::invalid_argument;
}

Status parse_int(const ParamSpec& spec, std::string_view text, std::string_view owner,
                 ParamValue& value) {
  const std::errc code = parse_all(text, value.integer);
  if (code == std::errc::invalid_argument) {
    return out_of_range(spec, owner, text, "a whole number in " + describe_range(spec));
  }
  if (code != std::errc() || static_cast<double>(value.integer) < spec.minimum ||
      static_cast<double>(value.integer) > spec.maximum) {
    return out_of_range(spec, owner, text, describe_range(spec));
  }
  return {};
}

Status parse_float(const ParamSpec& spec, std::string_view text, std::string_view owner,
                   ParamValue& value) {
  const std::errc code = parse_all(text, value.number);
  if (code == std::errc::invalid_argument || std::isnan(value.number)) {
    return out_of_range(spec, owner, text, "a number in " + describe_range(spec));
  }
  if (code != std::errc() || !(value.number >= spec.minimum && value.number <= spec.maximum)) {
    return out_of_range(spec, owner, text, describe_range(spec));
  }
  return {};
}

Status parse_choice(const ParamSpec& spec, std::string_view text, std::string_view owner,
                    ParamValue& value) {
  std::vector<std::string> names;
  for (const ParamChoice& choice : spec.choices) {
    if (choice.name == text) {
      value.text = choice.name;
      return {};
    }
    names.push_back(choice.name);
  }
  const std::string guess = nearest(text, names);
  return out_of_range(
      spec, owner, text,
      "one of " + describe_range(spec) + (guess.empty() ? "" : "; did you mean '" + guess + "'?"));
}

Status parse_text(const ParamSpec& spec, std::string_view text, std::string_view owner,
                  ParamValue& value) {
  value.text = std::string(text);
  if (value.text.find('\0') == std::string::npos && value.text.find('\n') == std::string::npos &&
      optional_text(value.text.c_str(), 100000, spec.key).ok()) {
    return {};
  }
  return out_of_range(spec, owner, text, "UTF-8 text without control characters");
}

Status parse_value(const ParamSpec& spec, std::string_view text, std::string_view owner,
                   ParamValue& value) {
  switch (spec.type) {
    case HOLO_PARAM_BOOL:
      return parse_bool(spec, text, owner, value);
    case HOLO_PARAM_INT:
      return parse_int(spec, text, owner, value);
    case HOLO_PARAM_FLOAT:
      return parse_float(spec, text, owner, value);
    case HOLO_PARAM_CHOICE:
      return parse_choice(spec, text, owner, value);
    default:
      return parse_text(spec, text, owner, value);
  }
}

Error unknown_key(const ParamTable& table, const std::string& key, std::string_view owner,
                  bool decode) {
  std::vector<std::string> keys;
  const ParamSpec* elsewhere = nullptr;
  for (const ParamSpec& spec : table) {
    if (is_decode(spec) == decode) keys.push_back(spec.key);
    if (spec.key == key) elsewhere = &spec;
  }
  std::string message = std::string(owner) + " has no parameter " + quoted(key);
  if (elsewhere != nullptr) {
    message = std::string(owner) + ": " + quoted(key) + " is an option of the " +
              (decode ? "encoder, give it to encode" : "decoder, give it to decode or render");
  } else if (const std::string guess = nearest(key, keys); !guess.empty()) {
    message += "; did you mean '" + guess + "'?";
  } else if (keys.empty()) {
    message += "; it has none";
  } else {
    message += "; it has";
    for (const std::string& known : keys) message += (&known == &keys[0] ? " " : ", ") + known;
  }
  Error error = make_error(HOLO_INVALID_ARG, std::move(message));
  error.param = key;
  return error;
}

}  // namespace

const ParamSpec* rate_param(const ParamTable& table) {
  const auto found = std::find_if(table.begin(), table.end(), [](const ParamSpec& spec) {
    return (spec.flags & HOLO_PARAM_RATE) != 0;
  });
  return found == table.end() ? nullptr : &*found;
}

ParamValue default_value(const ParamSpec& spec) {
  ParamValue value;
  value.key = spec.key;
  value.type = spec.type;
  switch (spec.type) {
    case HOLO_PARAM_BOOL:
    case HOLO_PARAM_INT:
      value.integer = static_cast<std::int64_t>(spec.default_number);
      break;
    case HOLO_PARAM_FLOAT:
      value.number = spec.default_number;
      break;
    default:
      value.text = spec.default_text;
  }
  return value;
}

Result<ParamValues> resolve_params(const ParamTable& table, const std::vector<KeyValue>& given,
                                   std::string_view owner, bool decode) {
  ParamValues result;
  for (const auto& [key, text] : given) {
    const auto matches = [&key = key, decode](const ParamSpec& spec) {
      return spec.key == key && is_decode(spec) == decode;
    };
    if (std::none_of(table.begin(), table.end(), matches)) {
      return unknown_key(table, key, owner, decode);
    }
  }
  for (const ParamSpec& spec : table) {
    if (is_decode(spec) != decode) continue;
    ParamValue value = default_value(spec);
    for (const auto& [key, text] : given) {
      if (key == spec.key) HOLO_TRY(parse_value(spec, text, owner, value));
    }
    result.values.push_back(std::move(value));
  }
  return result;
}

std::vector<std::string> deprecated_keys(const ParamTable& table,
                                         const std::vector<KeyValue>& given) {
  std::vector<std::string> result;
  for (const ParamSpec& spec : table) {
    const bool used = std::any_of(given.begin(), given.end(),
                                  [&spec](const KeyValue& item) { return item.first == spec.key; });
    if (used && (spec.flags & HOLO_PARAM_DEPRECATED) != 0) result.push_back(spec.key);
  }
  return result;
}

}  // namespace holo::host
