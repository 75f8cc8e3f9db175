// From a plugin's static table to an owned copy: every row is checked before anything relies on it.
#include <cmath>
#include <set>

#include "core/host/checks.hpp"
#include "core/host/param_table.hpp"

namespace holo::host {
namespace {

constexpr std::uint32_t kMostParams = 256;
constexpr std::uint32_t kMostChoices = 256;
constexpr double kExactIntegers = 9007199254740992.0;  // 2^53: a double holds each one below

Error bad(const std::string& where, const std::string& what) {
  return make_error(HOLO_INVALID_ARG, where + ": " + what);
}

bool is_key(std::string_view key) {
  if (key.empty() || key.size() > 63 || key[0] < 'a' || key[0] > 'z') return false;
  return key.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string_view::npos;
}

Status import_choices(const holo_param& row, const std::string& where, ParamSpec& spec) {
  if (row.choice_count == 0 || row.choice_count > kMostChoices || row.choices == nullptr) {
    return bad(where, "a choice needs 1 to 256 choices, found " + std::to_string(row.choice_count));
  }
  std::set<std::string> names;
  for (std::uint32_t i = 0; i < row.choice_count; ++i) {
    const holo_choice* choice = row.choices[i];
    const std::string place = where + ", choice " + std::to_string(i);
    if (!HOLO_HAS(choice, holo_choice, help)) return bad(place, "NULL or too short a struct");
    ParamChoice copy;
    HOLO_ASSIGN(copy.name, required_text(choice->name, 64, place + ".name"));
    HOLO_ASSIGN(copy.help, optional_text(choice->help, 1000, place + ".help"));
    if (!names.insert(copy.name).second) return bad(place, "'" + copy.name + "' appears twice");
    spec.choices.push_back(std::move(copy));
  }
  if (!names.contains(spec.default_text)) {
    return bad(where, "the default '" + spec.default_text + "' is none of the choices");
  }
  return {};
}

Status check_number(const ParamSpec& spec, const std::string& where) {
  if (spec.type == HOLO_PARAM_BOOL) {
    if (spec.default_number == 0 || spec.default_number == 1) return {};
    return bad(where, "the default of a bool must be 0 or 1");
  }
  if (!std::isfinite(spec.minimum) || !std::isfinite(spec.maximum) ||
      !std::isfinite(spec.default_number)) {
    return bad(where, "minimum, maximum and default must be finite");
  }
  if (!(spec.minimum <= spec.default_number && spec.default_number <= spec.maximum)) {
    return bad(where, "the default is outside minimum..maximum");
  }
  if (!(spec.step >= 0) || !(spec.step <= spec.maximum - spec.minimum)) {
    return bad(where, "the step must be 0 or fit into minimum..maximum");
  }
  if (spec.type == HOLO_PARAM_FLOAT) return {};
  for (const double bound : {spec.minimum, spec.maximum, spec.default_number, spec.step}) {
    if (std::abs(bound) > kExactIntegers || bound != std::floor(bound)) {
      return bad(where, "the range, default and step of an int must be whole numbers within 2^53");
    }
  }
  return {};
}

Status check_rate(const ParamSpec& spec, const std::string& where) {
  if ((spec.flags & HOLO_PARAM_RATE) == 0) return {};
  const bool number = spec.type == HOLO_PARAM_INT || spec.type == HOLO_PARAM_FLOAT;
  if (number && (spec.flags & HOLO_PARAM_DECODE) == 0) return {};
  return bad(where, "HOLO_PARAM_RATE is for ints and floats of the encoder");
}

Result<ParamSpec> import_row(const holo_param* row, const std::string& place) {
  if (!HOLO_HAS(row, holo_param, flags)) return bad(place, "NULL or too short a struct");
  ParamSpec spec;
  HOLO_ASSIGN(spec.key, required_text(row->key, 63, place + ".key"));
  if (!is_key(spec.key)) {
    return bad(place, "key '" + spec.key + "' is not of the form [a-z][a-z0-9_-]*");
  }
  const std::string where = "parameter '" + spec.key + "'";
  spec.type = row->type;
  spec.flags = row->flags;
  HOLO_TRY(check_rate(spec, where));
  HOLO_ASSIGN(spec.unit, optional_text(row->unit, 32, where + ", unit"));
  HOLO_ASSIGN(spec.summary, required_text(row->summary, 60, where + ", summary"));
  HOLO_ASSIGN(spec.help, optional_text(row->help, 4000, where + ", help"));
  switch (row->type) {
    case HOLO_PARAM_BOOL:
    case HOLO_PARAM_INT:
    case HOLO_PARAM_FLOAT:
      spec.default_number = row->default_number;
      spec.minimum = row->type == HOLO_PARAM_BOOL ? 0 : row->minimum;
      spec.maximum = row->type == HOLO_PARAM_BOOL ? 1 : row->maximum;
      if (HOLO_HAS(row, holo_param, step) && row->type != HOLO_PARAM_BOOL) spec.step = row->step;
      HOLO_TRY(check_number(spec, where));
      return spec;
    case HOLO_PARAM_CHOICE:
    case HOLO_PARAM_TEXT: {
      HOLO_ASSIGN(spec.default_text, optional_text(row->default_text, 1000, where + ", default"));
      if (row->type == HOLO_PARAM_CHOICE) HOLO_TRY(import_choices(*row, where, spec));
      return spec;
    }
    default:
      return bad(where, "type " + std::to_string(row->type) + " is none of HOLO_PARAM_*");
  }
}

}  // namespace

Result<ParamTable> import_table(const holo_param_table* table) {
  ParamTable result;
  if (table == nullptr) return result;
  if (!HOLO_HAS(table, holo_param_table, params)) {
    return bad("parameter table", "struct_size " + std::to_string(table->struct_size) +
                                      " is too short, expected at least " +
                                      std::to_string(sizeof(holo_param_table)));
  }
  if (table->count > kMostParams || (table->count > 0 && table->params == nullptr)) {
    return bad("parameter table", "expected at most 256 rows and a pointer to them, found " +
                                      std::to_string(table->count) +
                                      (table->params == nullptr ? " and NULL" : ""));
  }
  std::set<std::string> keys;
  bool rated = false;
  for (std::uint32_t i = 0; i < table->count; ++i) {
    HOLO_ASSIGN(ParamSpec spec, import_row(table->params[i], "parameter " + std::to_string(i)));
    if (!keys.insert(spec.key).second) {
      return bad("parameter table", "key '" + spec.key + "' appears twice");
    }
    const bool is_rate = (spec.flags & HOLO_PARAM_RATE) != 0;
    if (is_rate && rated) {
      return bad("parameter table",
                 "two rows are flagged HOLO_PARAM_RATE, '" + spec.key + "' last");
    }
    rated = rated || is_rate;
    result.push_back(std::move(spec));
  }
  return result;
}

}  // namespace holo::host
