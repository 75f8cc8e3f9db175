// A..B/STEP anywhere in a text, one after the other.
#include "apps/holohost/lm/spec_list.hpp"

#include <cmath>
#include <regex>
#include <sstream>

namespace holo::cli {

namespace {

constexpr std::size_t kMost = 1000;

std::string shortest(double value) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text << value;
  return text.str();
}

Status expand_one(const std::string& spec, std::vector<std::string>& out) {
  static const std::regex kCount(R"(([0-9]*\.?[0-9]+)\.\.([0-9]*\.?[0-9]+)/([0-9]*\.?[0-9]+))");
  std::smatch match;
  if (!std::regex_search(spec, match, kCount)) {
    out.push_back(spec);
    return out.size() <= kMost
               ? Status()
               : Status(make_error(HOLO_INVALID_ARG, "--kv makes more than 1000 strategies"));
  }
  const double first = std::stod(match[1]);
  const double last = std::stod(match[2]);
  const double step = std::stod(match[3]);
  if (step <= 0 || std::fabs(last - first) / step > kMost) {
    return make_error(HOLO_INVALID_ARG, "'" + match.str() +
                                            "' in --kv: expected A..B/STEP with a "
                                            "step that leads from A to B");
  }
  const double direction = last < first ? -step : step;
  const auto count = static_cast<int>(std::floor(std::fabs(last - first) / step + 1e-9));
  for (int i = 0; i <= count; ++i) {
    HOLO_TRY(expand_one(
        match.prefix().str() + shortest(first + i * direction) + match.suffix().str(), out));
  }
  return {};
}

}  // namespace

Result<std::vector<std::string>> expand_specs(const std::string& list) {
  std::vector<std::string> specs;
  std::istringstream words(list);
  for (std::string word; words >> word;) HOLO_TRY(expand_one(word, specs));
  return specs;
}

}  // namespace holo::cli
