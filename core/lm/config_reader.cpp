#include "core/lm/config_reader.hpp"

#include "core/lm/json_file.hpp"

namespace holo::lm {
namespace {

std::string number(double value) { return nlohmann::json(value).dump(); }

}  // namespace

void ConfigReader::fail(holo_status code, const std::string& what) {
  if (status_.ok()) status_ = make_error(code, name_ + ": " + what);
}

void ConfigReader::take_failure(const ConfigReader& other) {
  if (status_.ok()) status_ = other.status_;
}

std::int32_t ConfigReader::count(const char* key, std::int32_t most) {
  if (member(object_, key).is_null()) {
    fail(HOLO_INVALID_ARG, "'" + std::string(key) + "' is missing; expected a whole number");
    return 1;
  }
  return count(key, most, 1);
}

std::int32_t ConfigReader::count(const char* key, std::int32_t most, std::int32_t fallback) {
  const auto& value = member(object_, key);
  if (value.is_null()) return fallback;
  const bool fits = value.is_number_unsigned() && value.get<std::uint64_t>() >= 1 &&
                    value.get<std::uint64_t>() <= static_cast<std::uint64_t>(most);
  if (fits) return value.get<std::int32_t>();
  fail(HOLO_INVALID_ARG, "'" + std::string(key) + "' is " + shown(value) +
                             ", expected a whole number from 1 to " + std::to_string(most));
  return fallback;
}

double ConfigReader::real(const char* key, double least, double most) {
  if (member(object_, key).is_null()) {
    fail(HOLO_INVALID_ARG, "'" + std::string(key) + "' is missing; expected a number");
    return least;
  }
  return real(key, least, most, least);
}

double ConfigReader::real(const char* key, double least, double most, double fallback) {
  const auto& value = member(object_, key);
  if (value.is_null()) return fallback;
  if (value.is_number() && value.get<double>() >= least && value.get<double>() <= most) {
    return value.get<double>();
  }
  fail(HOLO_INVALID_ARG, "'" + std::string(key) + "' is " + shown(value) +
                             ", expected a number from " + number(least) + " to " + number(most));
  return fallback;
}

bool ConfigReader::flag(const char* key, bool fallback) {
  const auto& value = member(object_, key);
  if (value.is_null()) return fallback;
  if (value.is_boolean()) return value.get<bool>();
  fail(HOLO_INVALID_ARG,
       "'" + std::string(key) + "' is " + shown(value) + ", expected true or false");
  return fallback;
}

void ConfigReader::choice(const char* key, const std::vector<std::string>& known) {
  const auto& value = member(object_, key);
  if (value.is_null()) return;
  std::string list;
  for (const auto& name : known) {
    if (value.is_string() && value.get_ref<const std::string&>() == name) return;
    list += (list.empty() ? "" : ", ") + name;
  }
  fail(HOLO_UNSUPPORTED,
       "'" + std::string(key) + "' is " + shown(value) + "; this runtime knows " + list);
}

void ConfigReader::require(const char* key, bool expected) {
  if (flag(key, expected) == expected) return;
  fail(HOLO_UNSUPPORTED, "'" + std::string(key) + "' is " + (expected ? "false" : "true") +
                             ", which this runtime does not compute; expected " +
                             (expected ? "true" : "false"));
}

std::vector<std::int32_t> ConfigReader::ids(const char* key, std::int32_t below) {
  const auto& value = member(object_, key);
  constexpr std::size_t kMost = 64;
  std::vector<std::int32_t> found;
  const auto take = [&](const nlohmann::json& item) {
    if (item.is_number_unsigned() &&
        item.get<std::uint64_t>() < static_cast<std::uint64_t>(below) && found.size() < kMost) {
      found.push_back(item.get<std::int32_t>());
      return;
    }
    fail(HOLO_INVALID_ARG, "'" + std::string(key) + "' has " + shown(item) +
                               ", expected token ids below the vocabulary's " +
                               std::to_string(below));
  };
  if (value.is_array()) {
    for (const auto& item : value) take(item);
  } else if (!value.is_null()) {
    take(value);
  }
  return found;
}

}  // namespace holo::lm
