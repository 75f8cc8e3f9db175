// A self-contained HTML page from the values of a report: a table, and a plot for each series.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace holo::cli {

// `values` is an object of numbers, texts and arrays of numbers, shown in its order.
std::string html_report(const std::string& title, const nlohmann::ordered_json& values);

}  // namespace holo::cli
