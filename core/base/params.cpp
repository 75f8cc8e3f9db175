// Resolved parameters and their ABI view.
#include "core/base/params.hpp"

#include <array>
#include <charconv>

namespace holo {

std::string ParamValue::to_text() const {
  switch (type) {
    case HOLO_PARAM_BOOL:
      return integer != 0 ? "true" : "false";
    case HOLO_PARAM_INT:
      return std::to_string(integer);
    case HOLO_PARAM_FLOAT: {
      std::array<char, 32> buffer{};
      const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
      return {buffer.data(), end};
    }
    default:
      return text;
  }
}

const ParamValue* ParamValues::find(std::string_view key) const {
  for (const ParamValue& value : values) {
    if (value.key == key) return &value;
  }
  return nullptr;
}

const holo_params& ParamValues::view() const {
  rows_.clear();
  pointers_.clear();
  rows_.reserve(values.size());
  for (const ParamValue& value : values) {
    const bool has_text = value.type == HOLO_PARAM_CHOICE || value.type == HOLO_PARAM_TEXT;
    rows_.push_back({sizeof(holo_param_value), value.type, value.key.c_str(), value.integer,
                     value.number, has_text ? value.text.c_str() : nullptr});
  }
  for (const holo_param_value& row : rows_) pointers_.push_back(&row);
  view_ = {sizeof(holo_params), static_cast<std::uint32_t>(pointers_.size()), pointers_.data()};
  return view_;
}

}  // namespace holo
