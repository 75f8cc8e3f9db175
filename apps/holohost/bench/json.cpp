// rows.json, and what --json prints.
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/holohost/bench/bench_report.hpp"
#include "apps/holohost/session.hpp"

namespace holo::cli {

namespace {

using Json = nlohmann::ordered_json;

// JSON has no infinity and no "not a number".
Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }
Json whole(double value) {
  return std::isfinite(value) ? Json(static_cast<std::uint64_t>(value)) : Json();
}

Json row_json(const BenchReport& report, const bench::Row& row) {
  const bench::Curve& curve = report.options.curves[row.curve];
  const bench::Point& point = curve.points[row.point];
  Json object = {{"file", report.options.pictures[row.picture]},
                 {"codec", curve.name},
                 {"id", curve.codec->id},
                 {"version", curve.codec->version},
                 {"setting", point.setting},
                 {"params", params_json(point.params)}};
  if (!row.ok()) {
    object["error"] = row.error;
    return object;
  }
  const bench::Measurement& m = row.measured;
  object.update(Json{{"width", m.width},
                     {"height", m.height},
                     {"bytes", m.bytes},
                     {"file_bytes", m.file_bytes},
                     {"bpp", row.bits_per_pixel()},
                     {"psnr_rgb", number(m.psnr_rgb)},
                     {"psnr_y", number(m.psnr_y)},
                     {"ssim", number(m.ssim)},
                     {"ms_ssim", number(m.ms_ssim)},
                     {"vmaf", number(m.vmaf)},
                     {"identical", m.identical},
                     {"encode_mps", number(encode_mps(report, row))},
                     {"decode_mps", number(decode_mps(report, row))},
                     {"encode_cpu_mps", number(encode_cpu_mps(report, row))},
                     {"decode_cpu_mps", number(decode_cpu_mps(report, row))},
                     {"threads", report.options.jobs},
                     {"peak_memory", whole(peak_memory(row))},
                     {"encode_memory", whole(m.encode_memory)},
                     {"decode_memory", whole(m.decode_memory)}});
  return object;
}

Json point_json(const BenchReport& report, const PointSummary& point) {
  const bench::Curve& curve = report.options.curves[point.curve];
  Json object = {{"codec", curve.name},
                 {"setting", curve.points[point.point].setting},
                 {"pictures", point.pictures},
                 {"bytes", whole(point.bytes)},
                 {"bpp", number(point.bits_per_pixel)}};
  const auto& metrics = bench::metrics_of(report.options);
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    object[metrics[i].key] = number(point.values[i]);
  }
  object.update(Json{{"encode_mps", number(point.encode_mps)},
                     {"decode_mps", number(point.decode_mps)},
                     {"encode_cpu_mps", number(point.encode_cpu_mps)},
                     {"decode_cpu_mps", number(point.decode_cpu_mps)},
                     {"peak_memory", whole(point.memory)}});
  return object;
}

// {metric: {anchor: {codec: percent}}}.
Json pairs_json(const BenchReport& report) {
  Json object = Json::object();
  const auto& metrics = bench::metrics_of(report.options);
  for (std::size_t metric = 0; metric < metrics.size(); ++metric)
    for (std::size_t anchor = 0; anchor < report.bd_by_anchor.size(); ++anchor)
      for (const bench::BdRow& row : report.bd_by_anchor[anchor])
        object[metrics[metric].key][report.options.curves[anchor].name]
              [report.options.curves[row.curve].name] =
                  row.rates[metric].percent ? number(*row.rates[metric].percent) : Json();
  return object;
}

}  // namespace

Json bench_json(const BenchReport& report) {
  Json rows = Json::array();
  for (const bench::Row& row : report.rows) rows.push_back(row_json(report, row));
  Json points = Json::array();
  for (const PointSummary& point : summarise(report)) points.push_back(point_json(report, point));
  Json rates = Json::object();
  Json notes = Json::array();
  for (const bench::BdRow& row : report.bd) {
    const std::string& name = report.options.curves[row.curve].name;
    Json& of_codec = rates[name] = Json::object();
    for (std::size_t i = 0; i < row.rates.size(); ++i) {
      const bench::BdRate& rate = row.rates[i];
      const std::string key = bench::metrics_of(report.options)[i].key;
      of_codec[key] = rate.percent ? number(*rate.percent) : Json();
      if (rate.reason.empty()) continue;
      notes.push_back(
          {{"codec", name}, {"metric", key}, {"pictures", rate.pictures}, {"reason", rate.reason}});
    }
  }
  return {{"anchor", report.options.curves[report.anchor].name},
          {"command", report.command},
          {"holohost", HOLO_VERSION},
          {"machine",
           {{"name", report.machine.name},
            {"cpu", report.machine.cpu},
            {"threads", report.machine.threads},
            {"system", report.machine.system}}},
          {"pictures", report.options.pictures.size()},
          {"failed", failed_rows(report)},
          {"threads", report.options.jobs},
          {"repeat", report.options.repeat},
          {"rows", std::move(rows)},
          {"points", std::move(points)},
          {"bd_rate", std::move(rates)},
          {"bd_rate_by_anchor", pairs_json(report)},
          {"bd_rate_notes", std::move(notes)}};
}

}  // namespace holo::cli
