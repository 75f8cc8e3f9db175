// Turns the rows of a parameter table into values.
#include "sdk/check/values.hpp"

#include <cmath>

namespace holo_check {
namespace {

Value from_number(const holo_param& row, double number) {
  Value value{row.key, row.type, 0, 0, ""};
  if (row.type == HOLO_PARAM_FLOAT)
    value.number = number;
  else
    value.integer = static_cast<std::int64_t>(std::llround(number));
  return value;
}
Value from_text(const holo_param& row, const char* text) {
  return {row.key, row.type, 0, 0, text != nullptr ? text : ""};
}
bool is_text(const holo_param& row) {
  return row.type == HOLO_PARAM_CHOICE || row.type == HOLO_PARAM_TEXT;
}
bool selected(const holo_param& row, bool decode) {
  return ((row.flags & HOLO_PARAM_DECODE) != 0) == decode;
}
std::string word(const Value& value) {
  if (value.type == HOLO_PARAM_FLOAT) return value.key + "=" + std::to_string(value.number);
  if (!value.text.empty()) return value.key + "=" + value.text;
  return value.key + "=" + std::to_string(value.integer);
}

}  // namespace

Values default_values(const holo_param_table* table, bool decode) {
  Values values;
  for (std::uint32_t i = 0; table != nullptr && i < table->count; ++i) {
    const holo_param& row = *table->params[i];
    if (!selected(row, decode)) continue;
    values.push_back(is_text(row) ? from_text(row, row.default_text)
                                  : from_number(row, row.default_number));
  }
  return values;
}

std::vector<Variation> variations(const holo_param_table* table, bool decode) {
  std::vector<Variation> all;
  const Values defaults = default_values(table, decode);
  std::size_t at = 0;
  for (std::uint32_t i = 0; table != nullptr && i < table->count; ++i) {
    const holo_param& row = *table->params[i];
    if (!selected(row, decode)) continue;
    std::vector<Value> tried;
    if (row.type == HOLO_PARAM_BOOL) {
      tried = {from_number(row, 0), from_number(row, 1)};
    } else if (row.type == HOLO_PARAM_INT || row.type == HOLO_PARAM_FLOAT) {
      tried = {from_number(row, row.minimum), from_number(row, row.maximum)};
    }
    for (std::uint32_t c = 0; row.type == HOLO_PARAM_CHOICE && c < row.choice_count; ++c) {
      tried.push_back(from_text(row, row.choices[c]->name));
    }
    for (const Value& value : tried) {
      Variation variation{word(value), defaults};
      variation.values[at] = value;
      all.push_back(std::move(variation));
    }
    ++at;
  }
  return all;
}

ParamView::ParamView(const Values& values) {
  rows_.reserve(values.size());
  for (const Value& v : values) {
    const bool text = v.type == HOLO_PARAM_CHOICE || v.type == HOLO_PARAM_TEXT;
    rows_.push_back({sizeof(holo_param_value), v.type, v.key.c_str(), v.integer, v.number,
                     text ? v.text.c_str() : nullptr});
  }
  for (const holo_param_value& row : rows_) pointers_.push_back(&row);
  view_ = {sizeof view_, static_cast<std::uint32_t>(pointers_.size()), pointers_.data()};
}

}  // namespace holo_check
