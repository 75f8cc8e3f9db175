// rows.csv: one line a row, as RFC 4180 writes it.
#include <cmath>

#include "apps/holohost/bench/bench_report.hpp"

namespace holo::cli {

namespace {

constexpr const char* kHead =
    "file,codec,id,version,setting,params,threads,width,height,bytes,file_bytes,bpp,psnr_rgb,"
    "psnr_y,ssim,ms_ssim,vmaf,identical,encode_mps,decode_mps,encode_cpu_mps,"
    "decode_cpu_mps,peak_memory,error\r\n";

std::string field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

// The shortest text of a double; empty where there is no value.
std::string number(double value) {
  if (std::isnan(value)) return {};
  ParamValue as_param;
  as_param.type = HOLO_PARAM_FLOAT;
  as_param.number = value;
  return std::isinf(value) ? "inf" : as_param.to_text();
}

}  // namespace

std::string bench_csv(const BenchReport& report) {
  std::string text = kHead;
  for (const bench::Row& row : report.rows) {
    const bench::Curve& curve = report.options.curves[row.curve];
    const bench::Point& point = curve.points[row.point];
    std::string params;
    for (const ParamValue& value : point.params.values) {
      params += (params.empty() ? "" : " ") + value.key + "=" + value.to_text();
    }
    std::vector<std::string> fields = {report.options.pictures[row.picture],
                                       curve.name,
                                       curve.codec->id,
                                       curve.codec->version,
                                       point.setting,
                                       params,
                                       std::to_string(report.options.jobs)};
    const bench::Measurement& m = row.measured;
    if (row.ok()) {
      fields.insert(fields.end(), {std::to_string(m.width), std::to_string(m.height),
                                   std::to_string(m.bytes), std::to_string(m.file_bytes)});
      for (const double value :
           {row.bits_per_pixel(), m.psnr_rgb, m.psnr_y, m.ssim, m.ms_ssim, m.vmaf}) {
        fields.push_back(number(value));
      }
      fields.emplace_back(m.identical ? "yes" : "no");
      for (const double value :
           {encode_mps(report, row), decode_mps(report, row), encode_cpu_mps(report, row),
            decode_cpu_mps(report, row), peak_memory(row)}) {
        fields.push_back(number(value));
      }
      fields.emplace_back();
    } else {
      fields.resize(fields.size() + 16);
      fields.push_back(row.error);
    }
    for (std::size_t i = 0; i < fields.size(); ++i) {
      text += (i == 0 ? "" : ",") + field(fields[i]);
    }
    text += "\r\n";
  }
  return text;
}

}  // namespace holo::cli
