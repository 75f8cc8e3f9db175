// Resolved parameters: ordered key-value pairs with types, as stored in files and passed to
// plugins.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <holo/abi/params.h>

#include "core/base/result.hpp"

namespace holo {

// One resolved value; see holo_param_value.
struct ParamValue {
  std::string key;
  std::int32_t type = HOLO_PARAM_INT;
  std::int64_t integer = 0;
  double number = 0;
  std::string text;

  // Locale-independent, shortest text that reads back to the same value.
  [[nodiscard]] std::string to_text() const;
};

// Owns values and hands out a holo_params view, valid until *this changes.
class ParamValues {
 public:
  std::vector<ParamValue> values;

  [[nodiscard]] const ParamValue* find(std::string_view key) const;
  [[nodiscard]] const holo_params& view() const;

  ParamValues() = default;
  ParamValues(const ParamValues& other) : values(other.values) {}
  ParamValues(ParamValues&& other) noexcept : values(std::move(other.values)) {}
  ParamValues& operator=(const ParamValues& other) {
    values = other.values;
    return *this;
  }
  ParamValues& operator=(ParamValues&& other) noexcept {
    values = std::move(other.values);
    return *this;
  }

 private:
  mutable std::vector<holo_param_value> rows_;
  mutable std::vector<const holo_param_value*> pointers_;
  mutable holo_params view_{};
};

}  // namespace holo
