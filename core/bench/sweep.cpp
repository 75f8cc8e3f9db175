// Ranges and lists of one parameter, and where one codec's text ends.
#include "core/bench/sweep.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <optional>

namespace holo::bench {

namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

// Twelve digits hide what adding steps does to the last bits.
std::string text_of(double value) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.12g", value);
  return buffer;
}

Error bad_range(const host::ParamSpec& spec, std::string_view text, const std::string& what) {
  Error error =
      make_error(HOLO_INVALID_ARG, spec.key + "=" + std::string(text) + ": " + what +
                                       "; a range is written FIRST..LAST/STEP, such as 20..90/10");
  error.param = spec.key;
  return error;
}

Status add_range(const host::ParamSpec& spec, std::string_view text, std::size_t dots,
                 std::vector<std::string>& values) {
  const std::size_t slash = text.find('/', dots);
  const auto first = number(text.substr(0, dots));
  const auto last = number(text.substr(dots + 2, slash - std::min(slash, dots + 2)));
  const bool whole = spec.type == HOLO_PARAM_INT;
  const auto step = slash == std::string_view::npos ? (whole ? std::optional(1.0) : std::nullopt)
                                                    : number(text.substr(slash + 1));
  if (!first || !last) return bad_range(spec, text, "the ends are not numbers");
  if (!step || !(*step > 0)) return bad_range(spec, text, "expected a step above 0");
  if (whole && (*first != std::floor(*first) || *step != std::floor(*step))) {
    return bad_range(spec, text, "it takes whole numbers");
  }
  const double steps = std::floor(std::fabs(*last - *first) / *step + 1e-9);
  if (steps + 1 + static_cast<double>(values.size()) > static_cast<double>(kMostValues)) {
    return bad_range(spec, text, "more than " + std::to_string(kMostValues) + " values");
  }
  const double sign = *last < *first ? -1 : 1;
  for (std::size_t i = 0; i <= static_cast<std::size_t>(steps); ++i) {
    values.push_back(text_of(*first + sign * static_cast<double>(i) * *step));
  }
  return {};
}

}  // namespace

Result<Sweep> expand(const host::ParamSpec& spec, std::string_view text) {
  const bool numeric = spec.type == HOLO_PARAM_INT || spec.type == HOLO_PARAM_FLOAT;
  Sweep sweep;
  for (const std::string_view item : split(text, '|')) {
    const std::size_t dots = numeric ? item.find("..") : std::string_view::npos;
    if (dots == std::string_view::npos) {
      sweep.values.emplace_back(item);
    } else {
      HOLO_TRY(add_range(spec, item, dots, sweep.values));
      sweep.range = true;
    }
  }
  return sweep;
}

std::vector<std::string> split_codecs(std::string_view text) {
  std::vector<std::string> codecs;
  std::string item;
  const auto flush = [&] {
    const std::size_t equals = item.find('=');
    const bool parameter = equals != std::string::npos && item.find(':') > equals;
    if (parameter && !codecs.empty()) {
      codecs.back() += "," + item;
    } else {
      codecs.push_back(item);
    }
    item.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == ',') {
      item += "\\,";
      ++i;
    } else if (text[i] == ',') {
      flush();
    } else {
      item += text[i];
    }
  }
  flush();
  return codecs;
}

}  // namespace holo::bench
