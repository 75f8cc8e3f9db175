// Parameters: a table written as a list of rows, and typed access to the resolved values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holo/abi/params.h>
#include <holo/error.hpp>

namespace holo {

struct Choice {
  const char* name;
  const char* help;
};

// One row of a table. All texts are string literals: they must live as long as the plugin.
struct Param {
  holo_param row{};
  std::vector<Choice> choices;

  Param flags(std::uint32_t bits) && {
    row.flags |= bits;
    return std::move(*this);
  }
  Param expert() && { return std::move(*this).flags(HOLO_PARAM_EXPERT); }
  Param decode() && { return std::move(*this).flags(HOLO_PARAM_DECODE); }
  // The parameter that trades size for quality, larger is better: what `encode --target` searches.
  Param rate() && { return std::move(*this).flags(HOLO_PARAM_RATE); }
  // Values closer than this are not worth a trial of their own.
  Param step(double distance) && {
    row.step = distance;
    return std::move(*this);
  }
  Param help(const char* text) && {
    row.help = text;
    return std::move(*this);
  }
};

namespace detail {
inline Param make_param(std::int32_t type, const char* key, const char* unit, const char* summary) {
  Param param;
  param.row.struct_size = sizeof(holo_param);
  param.row.type = type;
  param.row.key = key;
  param.row.unit = (unit != nullptr && unit[0] != '\0') ? unit : nullptr;
  param.row.summary = summary;
  return param;
}
}  // namespace detail

inline Param int_param(const char* key, const char* unit, const char* summary,
                       std::int64_t default_value, std::int64_t minimum, std::int64_t maximum) {
  Param param = detail::make_param(HOLO_PARAM_INT, key, unit, summary);
  param.row.default_number = static_cast<double>(default_value);
  param.row.minimum = static_cast<double>(minimum);
  param.row.maximum = static_cast<double>(maximum);
  return param;
}
inline Param float_param(const char* key, const char* unit, const char* summary,
                         double default_value, double minimum, double maximum) {
  Param param = detail::make_param(HOLO_PARAM_FLOAT, key, unit, summary);
  param.row.default_number = default_value;
  param.row.minimum = minimum;
  param.row.maximum = maximum;
  return param;
}
inline Param bool_param(const char* key, const char* summary, bool default_value) {
  Param param = detail::make_param(HOLO_PARAM_BOOL, key, nullptr, summary);
  param.row.default_number = default_value ? 1 : 0;
  param.row.maximum = 1;
  return param;
}
inline Param choice_param(const char* key, const char* summary, const char* default_value,
                          std::initializer_list<Choice> choices) {
  Param param = detail::make_param(HOLO_PARAM_CHOICE, key, nullptr, summary);
  param.row.default_text = default_value;
  param.choices = choices;
  return param;
}
inline Param text_param(const char* key, const char* summary, const char* default_value) {
  Param param = detail::make_param(HOLO_PARAM_TEXT, key, nullptr, summary);
  param.row.default_text = default_value;
  return param;
}

// Owns the rows and hands out the ABI's view of them. Meant to be a function-local static.
class ParamTable {
 public:
  ParamTable() : ParamTable(std::initializer_list<Param>{}) {}
  ParamTable(std::initializer_list<Param> params) : params_(params) { link(); }
  ParamTable(const ParamTable& other) : params_(other.params_) { link(); }
  ParamTable& operator=(const ParamTable& other) {
    if (this != &other) {
      params_ = other.params_;
      link();
    }
    return *this;
  }
  // Valid as long as *this.
  [[nodiscard]] const holo_param_table* get() const { return &table_; }

 private:
  void link() {
    rows_.clear();
    choices_.assign(params_.size(), {});
    choice_rows_.assign(params_.size(), {});
    for (std::size_t i = 0; i < params_.size(); ++i) {
      for (const Choice& choice : params_[i].choices) {
        choices_[i].push_back({sizeof(holo_choice), 0, choice.name, choice.help});
      }
      for (const holo_choice& choice : choices_[i]) choice_rows_[i].push_back(&choice);
      params_[i].row.choices = choice_rows_[i].empty() ? nullptr : choice_rows_[i].data();
      params_[i].row.choice_count = static_cast<std::uint32_t>(choice_rows_[i].size());
      rows_.push_back(&params_[i].row);
    }
    table_ = {sizeof table_, static_cast<std::uint32_t>(rows_.size()), rows_.data()};
  }

  std::vector<Param> params_;
  std::vector<std::vector<holo_choice>> choices_;
  std::vector<std::vector<const holo_choice*>> choice_rows_;
  std::vector<const holo_param*> rows_;
  holo_param_table table_{};
};

// Resolved values, copied: may be kept. A key or type that is not there is a defect of the plugin
// (or of a forged file) and throws INVALID_ARG with the key.
class Params {
 public:
  Params() = default;
  explicit Params(const holo_params* params) {
    if (params == nullptr) return;
    for (std::uint32_t i = 0; i < params->count; ++i) {
      const holo_param_value* v = params->values[i];
      if (v == nullptr || v->key == nullptr) continue;
      values_.push_back(
          {v->key, v->type, v->integer, v->number, v->text != nullptr ? v->text : ""});
    }
  }

  [[nodiscard]] std::int64_t integer(std::string_view key) const {
    return find(key, HOLO_PARAM_INT, "an integer").integer;
  }
  [[nodiscard]] double number(std::string_view key) const {
    return find(key, HOLO_PARAM_FLOAT, "a number").number;
  }
  [[nodiscard]] bool boolean(std::string_view key) const {
    return find(key, HOLO_PARAM_BOOL, "on or off").integer != 0;
  }
  [[nodiscard]] const std::string& choice(std::string_view key) const {
    return find(key, HOLO_PARAM_CHOICE, "a choice").text;
  }
  [[nodiscard]] const std::string& text(std::string_view key) const {
    return find(key, HOLO_PARAM_TEXT, "a text").text;
  }
  [[nodiscard]] bool has(std::string_view key) const {
    for (const Value& value : values_) {
      if (value.key == key) return true;
    }
    return false;
  }

 private:
  struct Value {
    std::string key;
    std::int32_t type;
    std::int64_t integer;
    double number;
    std::string text;
  };
  [[nodiscard]] const Value& find(std::string_view key, std::int32_t type, const char* what) const {
    for (const Value& value : values_) {
      if (value.key == key && value.type == type) return value;
    }
    throw Failure(HOLO_INVALID_ARG,
                  "parameter " + std::string(key) + " is missing or is not " + what,
                  std::string(key));
  }
  std::vector<Value> values_;
};

}  // namespace holo
