// Values of a config.json, each with its range, and the first complaint kept: readers of this room
// ask for everything they need and look at the status once.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace holo::lm {

class ConfigReader {
 public:
  // Borrows both for its life.
  ConfigReader(const nlohmann::json& object, const std::string& name)
      : object_(object), name_(name) {}

  // Required without a fallback. Null counts as absent.
  std::int32_t count(const char* key, std::int32_t most);
  std::int32_t count(const char* key, std::int32_t most, std::int32_t fallback);
  double real(const char* key, double least, double most);
  double real(const char* key, double least, double most, double fallback);
  bool flag(const char* key, bool fallback);
  // UNSUPPORTED if it is anything but one of `known` (the first is the fallback).
  void choice(const char* key, const std::vector<std::string>& known);
  // UNSUPPORTED unless the flag is `expected` or absent.
  void require(const char* key, bool expected);
  // A number or a list of them, each below `below`; empty without it.
  std::vector<std::int32_t> ids(const char* key, std::int32_t below);

  void fail(holo_status code, const std::string& what);
  void take_failure(const ConfigReader& other);  // of a reader of an inner object
  [[nodiscard]] Status status() const { return status_; }
  [[nodiscard]] const nlohmann::json& object() const { return object_; }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  const nlohmann::json& object_;
  const std::string& name_;
  Status status_;
};

}  // namespace holo::lm
