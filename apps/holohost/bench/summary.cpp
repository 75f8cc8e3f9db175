// Rows drawn together over pictures.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

#include "apps/holohost/bench/bench_report.hpp"
#include "apps/holohost/session.hpp"

namespace holo::cli {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double speed(const BenchReport& report, double pixels, double seconds) {
  return report.options.parallel > 1 || !(seconds > 0) ? kNone : pixels / 1e6 / seconds;
}

struct Totals {
  double pixels = 0;
  double encode_seconds = 0;
  double decode_seconds = 0;
  double encode_cpu_seconds = 0;
  double decode_cpu_seconds = 0;
};

void add(const BenchReport& report, const bench::Row& row, PointSummary& to, Totals& totals) {
  const auto& metrics = bench::metrics_of(report.options);
  to.values.resize(metrics.size());
  for (std::size_t i = 0; i < metrics.size(); ++i) to.values[i] += metrics[i].value(row.measured);
  ++to.pictures;
  to.bytes += static_cast<double>(row.measured.bytes);
  to.bits_per_pixel += row.bits_per_pixel();
  to.memory = std::max(to.memory, peak_memory(row));
  totals.pixels += row.pixels();
  totals.encode_seconds += row.measured.encode_seconds;
  totals.decode_seconds += row.measured.decode_seconds;
  totals.encode_cpu_seconds += row.measured.encode_cpu_seconds;
  totals.decode_cpu_seconds += row.measured.decode_cpu_seconds;
}

}  // namespace

std::vector<PointSummary> summarise(const BenchReport& report) {
  std::vector<PointSummary> summaries;
  for (std::size_t curve = 0; curve < report.options.curves.size(); ++curve) {
    for (std::size_t point = 0; point < report.options.curves[curve].points.size(); ++point) {
      PointSummary summary;
      summary.curve = curve;
      summary.point = point;
      Totals totals;
      for (const bench::Row& row : report.rows) {
        if (row.curve == curve && row.point == point && row.ok()) add(report, row, summary, totals);
      }
      const double count = summary.pictures > 0 ? static_cast<double>(summary.pictures) : kNone;
      summary.bits_per_pixel /= count;
      summary.values.resize(bench::metrics_of(report.options).size());
      for (double& value : summary.values) value /= count;
      summary.encode_mps = speed(report, totals.pixels, totals.encode_seconds);
      summary.decode_mps = speed(report, totals.pixels, totals.decode_seconds);
      summary.encode_cpu_mps = speed(report, totals.pixels, totals.encode_cpu_seconds);
      summary.decode_cpu_mps = speed(report, totals.pixels, totals.decode_cpu_seconds);
      summaries.push_back(summary);
    }
  }
  return summaries;
}

SpeedSummary speed_of(const BenchReport& report, std::size_t curve) {
  PointSummary all;
  Totals totals;
  for (const bench::Row& row : report.rows) {
    if (row.curve == curve && row.ok()) add(report, row, all, totals);
  }
  return {speed(report, totals.pixels, totals.encode_seconds),
          speed(report, totals.pixels, totals.decode_seconds),
          speed(report, totals.pixels, totals.encode_cpu_seconds),
          speed(report, totals.pixels, totals.decode_cpu_seconds), all.memory};
}

std::string file_name(const BenchReport& report, std::size_t picture) {
  return std::filesystem::path(report.options.pictures[picture]).filename().string();
}

std::string row_name(const BenchReport& report, const bench::Row& row) {
  const bench::Curve& curve = report.options.curves[row.curve];
  const std::string& setting = curve.points[row.point].setting;
  return file_name(report, row.picture) + ", " + curve.name +
         (setting.empty() ? "" : " " + setting);
}

std::size_t failed_rows(const BenchReport& report) {
  return static_cast<std::size_t>(std::count_if(report.rows.begin(), report.rows.end(),
                                                [](const bench::Row& row) { return !row.ok(); }));
}

double encode_mps(const BenchReport& report, const bench::Row& row) {
  return speed(report, row.pixels(), row.measured.encode_seconds);
}

double decode_mps(const BenchReport& report, const bench::Row& row) {
  return speed(report, row.pixels(), row.measured.decode_seconds);
}

double encode_cpu_mps(const BenchReport& report, const bench::Row& row) {
  return speed(report, row.pixels(), row.measured.encode_cpu_seconds);
}

double decode_cpu_mps(const BenchReport& report, const bench::Row& row) {
  return speed(report, row.pixels(), row.measured.decode_cpu_seconds);
}

double peak_memory(const bench::Row& row) {
  return std::fmax(row.measured.encode_memory, row.measured.decode_memory);
}

std::string pair_rate(const BenchReport& report, std::size_t curve, std::size_t anchor,
                      std::size_t metric) {
  for (const bench::BdRow& row : report.bd_by_anchor[anchor]) {
    if (row.curve == curve && row.rates[metric].percent)
      return fixed(*row.rates[metric].percent, 2);
  }
  return "-";
}

}  // namespace holo::cli
