// Curves of one picture into metrics::bd_rate, and the means over pictures.
#include "core/bench/bd_table.hpp"

#include <cmath>
#include <filesystem>

#include "core/metrics/bd_rate.hpp"

namespace holo::bench {

namespace {

double decibels_of_index(double index) { return -10 * std::log10(1 - index); }

// Points without a finite quality (lossless, too small for SSIM) have no place on a curve.
std::vector<metrics::RatePoint> points_of(const std::vector<Row>& rows, std::size_t picture,
                                          std::size_t curve, const Metric& metric) {
  std::vector<metrics::RatePoint> points;
  for (const Row& row : rows) {
    if (row.picture != picture || row.curve != curve || !row.ok()) continue;
    const double quality = metric.quality(row.measured);
    if (std::isfinite(quality)) points.push_back({row.bits_per_pixel(), quality});
  }
  return points;
}

BdRate mean_rate(const RunOptions& options, const std::vector<Row>& rows, std::size_t anchor,
                 std::size_t curve, const Metric& metric) {
  BdRate mean;
  double sum = 0;
  for (std::size_t picture = 0; picture < options.pictures.size(); ++picture) {
    const auto rate = metrics::bd_rate(points_of(rows, picture, anchor, metric),
                                       points_of(rows, picture, curve, metric));
    if (rate) {
      sum += *rate;
      ++mean.pictures;
    } else if (mean.reason.empty()) {
      mean.reason = std::filesystem::path(options.pictures[picture]).filename().string() + ": " +
                    rate.error().message;
    }
  }
  if (mean.pictures > 0) mean.percent = sum / static_cast<double>(mean.pictures);
  return mean;
}

}  // namespace

const std::vector<Metric>& metrics_of(const RunOptions& options) {
  using M = Measurement;
  static const std::vector<Metric> kAlways = {
      {"psnr_rgb", "PSNR-RGB", "PSNR-RGB, dB", 3, [](const M& m) { return m.psnr_rgb; },
       [](const M& m) { return m.psnr_rgb; }},
      {"psnr_y", "PSNR-Y", "PSNR-Y, dB", 3, [](const M& m) { return m.psnr_y; },
       [](const M& m) { return m.psnr_y; }},
      {"ssim", "SSIM", "SSIM, dB", 5, [](const M& m) { return m.ssim; },
       [](const M& m) { return decibels_of_index(m.ssim); }},
      {"ms_ssim", "MS-SSIM", "MS-SSIM, dB", 5, [](const M& m) { return m.ms_ssim; },
       [](const M& m) { return decibels_of_index(m.ms_ssim); }}};
  static const std::vector<Metric> kWithVmaf = [] {
    std::vector<Metric> metrics = kAlways;
    metrics.push_back({"vmaf", "VMAF", "VMAF", 2, [](const M& m) { return m.vmaf; },
                       [](const M& m) { return m.vmaf; }});
    return metrics;
  }();
  return options.vmaf.empty() ? kAlways : kWithVmaf;
}

std::vector<BdRow> bd_table(const RunOptions& options, const std::vector<Row>& rows,
                            std::size_t anchor) {
  std::vector<BdRow> table;
  for (std::size_t curve = 0; curve < options.curves.size(); ++curve) {
    if (curve == anchor) continue;
    BdRow line{curve, {}};
    for (const Metric& metric : metrics_of(options)) {
      line.rates.push_back(mean_rate(options, rows, anchor, curve, metric));
    }
    table.push_back(std::move(line));
  }
  return table;
}

Result<std::size_t> find_anchor(const std::vector<Curve>& curves, const std::string& name) {
  std::string names;
  std::size_t of_alias = 0;
  std::size_t found = 0;
  for (std::size_t i = 0; i < curves.size(); ++i) {
    if (curves[i].name == name) return i;
    if (curves[i].codec->alias == name || curves[i].codec->id == name) {
      ++of_alias;
      found = i;
    }
    names += (i == 0 ? "" : ", ") + curves[i].name;
  }
  if (of_alias == 1) return found;
  return make_error(HOLO_INVALID_ARG, "the anchor '" + name + "' is " +
                                          (of_alias == 0 ? "none" : "more than one") +
                                          " of the codecs: " + names);
}

}  // namespace holo::bench
