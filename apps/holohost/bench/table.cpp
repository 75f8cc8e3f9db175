// The table: BD-rates, then every point as a mean over the pictures.
#include <algorithm>
#include <cmath>

#include "apps/holohost/bench/bench_report.hpp"
#include "apps/holohost/session.hpp"
#include "apps/holohost/text_table.hpp"

namespace holo::cli {

namespace {

std::string number(double value, int decimals) {
  if (std::isnan(value)) return "-";
  return std::isinf(value) ? "inf" : fixed(value, decimals);
}

std::string bd_part(const BenchReport& report) {
  std::vector<Cells> lines = {{"BD-rate, %"}};
  for (const bench::Metric& metric : bench::metrics_of(report.options))
    lines[0].emplace_back(metric.title);
  for (const bench::BdRow& row : report.bd) {
    Cells cells = {report.options.curves[row.curve].name};
    for (const bench::BdRate& rate : row.rates) {
      const bool all = rate.pictures == report.options.pictures.size();
      cells.push_back(!rate.percent ? "-" : number(*rate.percent, 2) + (all ? "" : "*"));
    }
    lines.push_back(std::move(cells));
  }
  return aligned(lines);
}

// What cells without a value, or with an asterisk, stand for; cells of one reason share a line.
std::string bd_notes(const BenchReport& report) {
  std::string text;
  for (const bench::BdRow& row : report.bd) {
    for (std::size_t i = 0; i < row.rates.size();) {
      const bench::BdRate& rate = row.rates[i];
      std::string titles;
      std::size_t next = i;
      for (; next < row.rates.size() && row.rates[next].reason == rate.reason &&
             row.rates[next].pictures == rate.pictures;
           ++next) {
        titles +=
            std::string(next == i ? " " : ", ") + bench::metrics_of(report.options)[next].title;
      }
      i = next;
      if (rate.reason.empty()) continue;
      text += "* " + report.options.curves[row.curve].name + titles + ": " +
              std::to_string(rate.pictures) + " of " +
              std::to_string(report.options.pictures.size()) + " pictures; " + rate.reason + "\n";
    }
  }
  return text;
}

// Every curve (a row) against every other (a column), one table a metric.
std::string pairs_part(const BenchReport& report) {
  const auto& curves = report.options.curves;
  const auto& metrics = bench::metrics_of(report.options);
  std::string text;
  for (std::size_t metric = 0; metric < metrics.size(); ++metric) {
    std::vector<Cells> lines = {{std::string(metrics[metric].title) + " against"}};
    for (const bench::Curve& curve : curves) lines[0].push_back(curve.name);
    for (std::size_t i = 0; i < curves.size(); ++i) {
      Cells cells = {curves[i].name};
      for (std::size_t anchor = 0; anchor < curves.size(); ++anchor)
        cells.push_back(pair_rate(report, i, anchor, metric));
      lines.push_back(std::move(cells));
    }
    text += "\n" + aligned(lines);
  }
  return text;
}

std::string points_part(const BenchReport& report) {
  const auto& metrics = bench::metrics_of(report.options);
  Cells head = {"codec", "setting", "bytes", "bpp"};
  for (const bench::Metric& metric : metrics) head.emplace_back(metric.title);
  head.insert(head.end(), {"enc MP/s", "dec MP/s", "enc/core", "dec/core", "peak MB"});
  std::vector<Cells> lines = {head};
  for (const PointSummary& point : summarise(report)) {
    const bench::Curve& curve = report.options.curves[point.curve];
    const std::string& setting = curve.points[point.point].setting;
    Cells cells = {curve.name + " " + curve.codec->version, setting.empty() ? "-" : setting,
                   number(point.bytes, 0), number(point.bits_per_pixel, 4)};
    for (std::size_t i = 0; i < metrics.size(); ++i) {
      cells.push_back(number(point.values[i], metrics[i].decimals));
    }
    cells.insert(cells.end(), {number(point.encode_mps, 3), number(point.decode_mps, 3),
                               number(point.encode_cpu_mps, 3), number(point.decode_cpu_mps, 3),
                               number(point.memory / 1e6, 1)});
    lines.push_back(std::move(cells));
  }
  return aligned(lines);
}

}  // namespace

std::string bench_table(const BenchReport& report) {
  const std::size_t pictures = report.options.pictures.size();
  std::string text = std::to_string(pictures) + (pictures == 1 ? " picture, " : " pictures, ") +
                     std::to_string(report.rows.size()) + " rows";
  if (const std::size_t failed = failed_rows(report); failed > 0) {
    text += ", " + std::to_string(failed) + " FAILED";
  }
  text += "; threads of a codec: " + std::to_string(report.options.jobs) + "\n";
  if (!report.bd.empty()) {
    text += "\nagainst " + report.options.curves[report.anchor].name +
            ", mean over pictures of each picture's own\n" + bd_part(report) + bd_notes(report);
    if (report.options.curves.size() > 2) text += pairs_part(report);
  }
  return text + "\nmean over pictures; MP/s by the clock, and by processor time as /core\n" +
         points_part(report);
}

}  // namespace holo::cli
