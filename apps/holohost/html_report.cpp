// HTML with inline SVG, readable in light and dark.
#include "apps/holohost/html_report.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "apps/holohost/html_text.hpp"
#include "apps/holohost/session.hpp"

namespace holo::cli {

namespace {

constexpr double kWidth = 640, kHeight = 300, kLeft = 56, kRight = 16, kTop = 16, kBottom = 36;
constexpr int kGridLines = 5;

constexpr const char* kStyle = R"(<style>
:root { color-scheme: light dark; --ink: #1c1f23; --paper: #ffffff; --line: #d5d9de; --mark: #0b66c3; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8ea; --paper: #16181b; --line: #3a3f45; --mark: #6db3f8; }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
       max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; }
td { padding: 0.2rem 1.5rem 0.2rem 0; border-bottom: 1px solid var(--line); }
td:last-child { font-variant-numeric: tabular-nums; }
svg { width: 100%; height: auto; }
svg text { fill: var(--ink); font-size: 12px; }
svg .grid { stroke: var(--line); }
svg .curve { stroke: var(--mark); stroke-width: 2; fill: none; }
</style>
)";

std::string short_number(double value) {
  const double size = std::fabs(value);
  return fixed(value, size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 4);
}

bool is_series(const nlohmann::ordered_json& value) {
  return value.is_array() &&
         std::any_of(value.begin(), value.end(), [](const auto& each) { return each.is_number(); });
}

// The numbers of a series; null stands for one that is not finite and is left out.
std::vector<double> numbers_of(const nlohmann::ordered_json& series) {
  std::vector<double> numbers;
  for (const auto& each : series) {
    if (each.is_number()) numbers.push_back(each.get<double>());
  }
  return numbers;
}

// `values` is not empty.
std::string plot(const std::vector<double>& values) {
  const auto [least, greatest] = std::minmax_element(values.begin(), values.end());
  const double low = std::min(0.0, *least);
  const double high = *greatest > low ? *greatest : low + 1;
  const auto x_of = [&](std::size_t i) {
    const double span = values.size() > 1 ? static_cast<double>(values.size() - 1) : 1;
    return kLeft + (kWidth - kLeft - kRight) * static_cast<double>(i) / span;
  };
  const auto y_of = [&](double value) {
    return kHeight - kBottom - (kHeight - kTop - kBottom) * (value - low) / (high - low);
  };
  std::ostringstream out;
  out << "<svg viewBox=\"0 0 " << kWidth << ' ' << kHeight << "\" role=\"img\">\n";
  for (int i = 0; i <= kGridLines; ++i) {
    const double value = low + (high - low) * i / kGridLines;
    const std::string y = fixed(y_of(value), 1);
    out << "<line class=\"grid\" x1=\"" << kLeft << "\" x2=\"" << kWidth - kRight << "\" y1=\"" << y
        << "\" y2=\"" << y << "\"/><text x=\"" << kLeft - 6 << "\" y=\"" << y
        << "\" text-anchor=\"end\" dominant-baseline=\"middle\">" << short_number(value)
        << "</text>\n";
    const auto index =
        static_cast<std::size_t>(static_cast<double>(values.size() - 1) * i / kGridLines);
    out << "<text x=\"" << fixed(x_of(index), 1) << "\" y=\"" << kHeight - 12
        << "\" text-anchor=\"middle\">" << index + 1 << "</text>\n";
  }
  out << "<polyline class=\"curve\" points=\"";
  for (std::size_t i = 0; i < values.size(); ++i) {
    out << fixed(x_of(i), 1) << ',' << fixed(y_of(values[i]), 1) << ' ';
  }
  out << "\"/>\n</svg>\n";
  return out.str();
}

std::string cell(const nlohmann::ordered_json& value) {
  if (value.is_string()) return escaped(value.get<std::string>());
  if (value.is_number_float()) return fixed(value.get<double>(), 4);
  return escaped(value.dump());
}

}  // namespace

std::string html_report(const std::string& title, const nlohmann::ordered_json& values) {
  std::ostringstream out;
  out << "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<title>"
      << escaped(title) << "</title>\n"
      << "<meta name=\"viewport\" content=\"width=device-width\">\n"
      << kStyle << "</head><body>\n<h1>" << escaped(title) << "</h1>\n<table>\n";
  for (const auto& [key, value] : values.items()) {
    if (is_series(value)) continue;
    out << "<tr><td>" << escaped(key) << "</td><td>" << cell(value) << "</td></tr>\n";
  }
  out << "</table>\n";
  for (const auto& [key, value] : values.items()) {
    if (is_series(value)) out << "<h2>" << escaped(key) << "</h2>\n" << plot(numbers_of(value));
  }
  out << "</body></html>\n";
  return out.str();
}

}  // namespace holo::cli
