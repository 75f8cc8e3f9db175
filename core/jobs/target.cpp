// Targets: text, and a search over the values of one parameter.
#include "core/jobs/target.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "core/jobs/rate_search.hpp"

namespace holo::jobs {

namespace {

struct MetricRow {
  TargetMetric metric;
  std::string_view name;
  double minimum;  // exclusive
  double maximum;
  const char* expected;
};
constexpr std::array<MetricRow, 5> kMetrics = {
    {{TargetMetric::psnr, "psnr", 0, 200, "decibels, such as psnr=40"},
     {TargetMetric::ssim, "ssim", 0, 1, "a number up to 1, such as ssim=0.98"},
     {TargetMetric::ms_ssim, "ms_ssim", 0, 1, "a number up to 1, such as ms_ssim=0.99"},
     {TargetMetric::bpp, "bpp", 0, 1e6, "bits per pixel, such as bpp=0.5"},
     {TargetMetric::size, "size", 0, 1e18, "bytes, such as size=200k, size=1.5MB or size=64KiB"}}};

struct SizeUnit {
  std::string_view name;
  double bytes;
};
constexpr SizeUnit kSizeUnits[] = {{"", 1},
                                   {"B", 1},
                                   {"k", 1e3},
                                   {"kB", 1e3},
                                   {"KiB", 1024},
                                   {"M", 1e6},
                                   {"MB", 1e6},
                                   {"G", 1e9},
                                   {"GB", 1e9},
                                   {"MiB", 1024.0 * 1024},
                                   {"GiB", 1024.0 * 1024 * 1024}};

const MetricRow& row_of(TargetMetric metric) {
  return *std::find_if(kMetrics.begin(), kMetrics.end(),
                       [&](const MetricRow& row) { return row.metric == metric; });
}

std::optional<double> unit_of(TargetMetric metric, std::string_view text) {
  if (metric != TargetMetric::size) return text.empty() ? std::optional(1.0) : std::nullopt;
  for (const SizeUnit& unit : kSizeUnits) {
    if (unit.name == text) return unit.bytes;
  }
  return std::nullopt;
}

// The values that are tried: minimum + index * step.
struct Grid {
  const host::ParamSpec& rate;
  double step;
  std::int64_t count;

  explicit Grid(const host::ParamSpec& spec) : rate(spec) {
    constexpr auto kMost = static_cast<double>(RateSearch::kLongestGrid - 1);
    const double range = rate.maximum - rate.minimum;
    const bool whole = rate.type == HOLO_PARAM_INT;
    step = rate.step > 0 ? rate.step : whole ? 1 : range / kMost;
    // Longer than the search can resolve: whole multiples of the step, so that values stay round.
    if (range > kMost * step) step *= std::ceil(range / (kMost * step));
    // The last one is the maximum, on the grid or not.
    count = step > 0 ? static_cast<std::int64_t>(std::ceil(range / step * (1 - 1e-12))) + 1 : 1;
  }
  [[nodiscard]] ParamValue at(std::int64_t index) const {
    ParamValue value = host::default_value(rate);
    const double number = std::min(rate.maximum, rate.minimum + static_cast<double>(index) * step);
    value.integer = rate.type == HOLO_PARAM_INT ? std::llround(number) : 0;
    value.number = rate.type == HOLO_PARAM_FLOAT ? number : 0;
    return value;
  }
  [[nodiscard]] std::int64_t default_index() const {
    if (!(step > 0)) return 0;
    return std::clamp<std::int64_t>(std::llround((rate.default_number - rate.minimum) / step), 0,
                                    count - 1);
  }
};

// What is about linear in a quality parameter: decibels, and the logarithms of error and size.
double scaled(TargetMetric metric, double value) {
  switch (metric) {
    case TargetMetric::psnr:
      return value;
    case TargetMetric::ssim:
    case TargetMetric::ms_ssim:
      return -std::log(std::max(0.0, 1 - value));
    default:
      return std::log(value);
  }
}

double distance(const RateTarget& target, double reached) {
  const bool below = is_quality(target.metric) ? reached < target.wanted : reached <= target.wanted;
  const double way =
      std::abs(scaled(target.metric, reached) - scaled(target.metric, target.wanted));
  // A trial that just fits a size lies below the threshold, however near.
  const double known = std::isnan(way) ? INFINITY : way;
  return below ? std::min(-known, -1e-12) : known;
}

Error out_of_reach(const RateTarget& target, const host::ParamSpec& rate, const Trial& nearest) {
  const std::string reached = describe_reached(target.metric, nearest.reached);
  const std::string at = " (" + rate.key + "=" + nearest.value.to_text() + ")";
  const std::string wanted = describe_reached(target.metric, target.wanted);
  return make_error(HOLO_UNSUPPORTED,
                    is_quality(target.metric)
                        ? wanted + " is out of reach: the best here is " + reached + at +
                              "; ask for less, or for another codec or other parameters"
                        : "no file is as small as " + wanted + ": the smallest here is " + reached +
                              at + "; allow more, or use another codec or other parameters");
}

}  // namespace

std::string_view target_metric_name(TargetMetric metric) { return row_of(metric).name; }

bool is_quality(TargetMetric metric) {
  return metric != TargetMetric::bpp && metric != TargetMetric::size;
}

Result<RateTarget> parse_target(std::string_view text) {
  const std::size_t equals = text.find('=');
  const auto* row = std::find_if(kMetrics.begin(), kMetrics.end(), [&](const MetricRow& each) {
    return each.name == text.substr(0, equals);
  });
  if (equals == std::string_view::npos || row == kMetrics.end()) {
    return make_error(HOLO_INVALID_ARG, "the target is '" + std::string(text) +
                                            "', expected psnr=DB, ssim=X, ms_ssim=X, bpp=BITS or "
                                            "size=BYTES");
  }
  const std::string_view number = text.substr(equals + 1);
  double value = 0;
  const auto [end, failure] = std::from_chars(number.data(), number.data() + number.size(), value);
  const auto used = static_cast<std::size_t>(end - number.data());
  const auto unit =
      failure == std::errc() ? unit_of(row->metric, number.substr(used)) : std::optional<double>();
  if (unit) value *= *unit;
  if (!unit || !(value > row->minimum && value <= row->maximum)) {
    return make_error(HOLO_INVALID_ARG,
                      "the target is '" + std::string(text) + "', expected " + row->expected);
  }
  return RateTarget{row->metric, value};
}

std::string describe_reached(TargetMetric metric, double value) {
  char text[64];
  switch (metric) {
    case TargetMetric::psnr:
      if (std::isinf(value)) return "psnr without bound (no sample differs)";
      std::snprintf(text, sizeof text, "psnr %.2f dB", value);
      break;
    case TargetMetric::ssim:
    case TargetMetric::ms_ssim:
      std::snprintf(text, sizeof text, "%s %.5f", std::string(row_of(metric).name).c_str(), value);
      break;
    case TargetMetric::bpp:
      std::snprintf(text, sizeof text, "%.4f bits per pixel", value);
      break;
    default:
      std::snprintf(text, sizeof text, "%.0f bytes", value);
  }
  return text;
}

Result<TargetReport> meet_target(const RateTarget& target, const host::ParamSpec& rate,
                                 const TrialRunner& runner) {
  const Grid grid(rate);
  RateSearch search(grid.count, grid.default_index());
  std::optional<Trial> best;
  std::optional<Trial> nearest;  // while none meets the target
  while (const auto index = search.next()) {
    HOLO_ASSIGN(Trial trial, runner.run(grid.at(*index)));
    const double way = distance(target, trial.reached);
    search.tell(*index, way);
    const bool quality = is_quality(target.metric);
    if (quality ? way >= 0 : way < 0) {
      // Codecs are not quite monotone: the smaller of two that reach a quality, the finer of two
      // that fit.
      const bool better = !best || (quality ? trial.bytes < best->bytes : *index == search.below());
      if (!better) continue;
      best = std::move(trial);
      runner.keep();
    } else if (!nearest ||
               (quality ? trial.reached > nearest->reached : trial.reached < nearest->reached)) {
      nearest = std::move(trial);
    }
  }
  if (!best) return out_of_reach(target, rate, *nearest);
  return TargetReport{target, best->reached, search.trials()};
}

}  // namespace holo::jobs
