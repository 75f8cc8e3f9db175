// The sections of the page: what ran, BD-rates, plots, speeds, crops, all points.
#include "apps/holohost/bench/page.hpp"

#include <cmath>
#include <sstream>

#include "apps/holohost/bench/page_style.hpp"
#include "apps/holohost/bench/plot.hpp"
#include "apps/holohost/html_text.hpp"
#include "apps/holohost/session.hpp"

namespace holo::cli {

namespace {

std::string number(double value, int decimals) {
  if (std::isnan(value)) return "–";
  return std::isinf(value) ? "∞" : fixed(value, decimals);
}

std::string cells(const char* tag, const std::vector<std::string>& texts) {
  std::string line = "<tr>";
  for (const std::string& text : texts) {
    line += std::string("<") + tag + ">" + escaped(text) + "</" + tag + ">";
  }
  return line + "</tr>\n";
}

std::string about(const BenchReport& report) {
  const auto row = [](const std::string& key, const std::string& value) {
    return "<tr><td>" + escaped(key) + "</td><td class=\"long\">" + escaped(value) + "</td></tr>\n";
  };
  std::string versions;
  for (const bench::Curve& curve : report.options.curves) {
    const std::string text = curve.codec->alias + " " + curve.codec->version;
    if (versions.find(text) == std::string::npos) {
      versions += (versions.empty() ? "" : ", ") + text;
    }
  }
  const bench::Machine& machine = report.machine;
  std::string text = "<table>\n";
  text += row("command", report.command);
  text += row("pictures", std::to_string(report.options.pictures.size()));
  text += row("rows", std::to_string(report.rows.size()) +
                          ", failed: " + std::to_string(failed_rows(report)));
  text += row("machine", machine.name + ": " + machine.cpu + ", " +
                             std::to_string(machine.threads) + " threads, " + machine.system);
  text += row("threads of a codec", std::to_string(report.options.jobs));
  const std::string repeat = std::to_string(report.options.repeat);
  text +=
      row("speeds", report.options.parallel > 1 ? "left out, because rows ran side by side"
                    : report.options.repeat > 1 ? "median of " + repeat + " runs, a row at a time"
                                                : "of one run, a row at a time");
  text += row("versions", "holohost " HOLO_VERSION ", " + versions);
  return text + "</table>\n";
}

std::string legend(const BenchReport& report) {
  std::string text = "<p class=\"legend\">";
  for (std::size_t i = 0; i < report.options.curves.size(); ++i) {
    text += "<span><svg viewBox=\"0 0 32 12\"><line class=\"curve " + plot_class(i) +
            "\" x1=\"0\" x2=\"32\" y1=\"6\" y2=\"6\"/></svg>" +
            escaped(report.options.curves[i].name) + (i == report.anchor ? " (anchor)" : "") +
            "</span>\n";
  }
  return text + "</p>\n";
}

std::string bd_section(const BenchReport& report) {
  if (report.bd.empty()) return {};
  std::vector<std::string> head = {"codec"};
  for (const bench::Metric& metric : bench::metrics_of(report.options))
    head.emplace_back(metric.title);
  std::string text = "<h2>BD-rate against " + escaped(report.options.curves[report.anchor].name) +
                     "</h2>\n<p>Percent of rate at equal quality, less is better: the mean over "
                     "pictures of each picture's own. SSIM and MS-SSIM count on the scale "
                     "−10 log₁₀(1 − x).</p>\n<div class=\"wide\"><table>\n" +
                     cells("th", head);
  std::string notes;
  for (const bench::BdRow& row : report.bd) {
    const std::string name = report.options.curves[row.curve].name;
    text += "<tr><td>" + escaped(name) + "</td>";
    for (std::size_t i = 0; i < row.rates.size(); ++i) {
      const bench::BdRate& rate = row.rates[i];
      const std::string value = rate.percent ? number(*rate.percent, 2) : "–";
      const bool part = rate.percent && !rate.reason.empty();
      text += std::string("<td class=\"") +
              (!rate.percent       ? ""
               : *rate.percent < 0 ? "good"
                                   : "bad") +
              "\">" + value + (part ? "*" : "") + "</td>";
      if (part) {
        notes += "<p>* " + escaped(name) + ", " + bench::metrics_of(report.options)[i].title +
                 ": " + std::to_string(rate.pictures) + " of " +
                 std::to_string(report.options.pictures.size()) + " pictures; " +
                 escaped(rate.reason) + "</p>\n";
      }
    }
    text += "</tr>\n";
  }
  return text + "</table></div>\n" + notes;
}

// Every curve against every other.
std::string pairs_section(const BenchReport& report) {
  const auto& curves = report.options.curves;
  if (report.bd.empty() || curves.size() < 3) return {};
  std::string text = "<h2>BD-rate of every codec against every other</h2>\n";
  const auto& metrics = bench::metrics_of(report.options);
  for (std::size_t metric = 0; metric < metrics.size(); ++metric) {
    std::vector<std::string> head = {std::string(metrics[metric].title) + " against"};
    for (const bench::Curve& curve : curves) head.push_back(curve.name);
    text += std::string("<details") + (metric == 0 ? " open" : "") + "><summary>" +
            escaped(metrics[metric].title) + "</summary>\n<div class=\"wide\"><table>\n" +
            cells("th", head);
    for (std::size_t i = 0; i < curves.size(); ++i) {
      std::vector<std::string> line = {curves[i].name};
      for (std::size_t anchor = 0; anchor < curves.size(); ++anchor)
        line.push_back(pair_rate(report, i, anchor, metric));
      text += cells("td", line);
    }
    text += "</table></div></details>\n";
  }
  return text;
}

// One line a curve. `picture` past the end: means over all pictures, of points that all have.
std::vector<PlotLine> lines_of(const BenchReport& report, const bench::Metric& metric,
                               std::size_t picture) {
  const std::size_t pictures = report.options.pictures.size();
  std::vector<PlotLine> lines;
  for (std::size_t curve = 0; curve < report.options.curves.size(); ++curve) {
    const bench::Curve& of = report.options.curves[curve];
    PlotLine line{curve, {}, {}};
    for (std::size_t point = 0; point < of.points.size(); ++point) {
      double rate = 0;
      double quality = 0;
      std::size_t count = 0;
      for (const bench::Row& row : report.rows) {
        if (row.curve != curve || row.point != point || !row.ok()) continue;
        if (picture < pictures && row.picture != picture) continue;
        rate += row.bits_per_pixel();
        quality += metric.quality(row.measured);
        ++count;
      }
      if (count != (picture < pictures ? 1 : pictures)) continue;
      rate /= static_cast<double>(count);
      quality /= static_cast<double>(count);
      line.points.push_back({rate, quality,
                             of.name + " " + of.points[point].setting + ": " + fixed(rate, 3) +
                                 " bpp, " + fixed(quality, 2)});
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

std::string plots(const BenchReport& report, std::size_t picture) {
  std::string text = "<div class=\"plots\">\n";
  for (const bench::Metric& metric : bench::metrics_of(report.options)) {
    text += "<div>" + plot(lines_of(report, metric, picture), "bits per pixel", metric.axis) +
            "</div>\n";
  }
  return text + "</div>\n";
}

std::string plot_section(const BenchReport& report) {
  const std::size_t pictures = report.options.pictures.size();
  std::string text = "<h2>Quality over rate</h2>\n" + legend(report) + plots(report, pictures);
  if (pictures < 2) return text;
  for (std::size_t picture = 0; picture < pictures; ++picture) {
    text += "<details><summary>" + escaped(file_name(report, picture)) + "</summary>\n" +
            plots(report, picture) + "</details>\n";
  }
  return text;
}

std::string crop_section(const BenchReport& report, const std::vector<CropSet>& sets) {
  if (sets.empty()) return {};
  std::string text =
      "<h2>Side by side</h2>\n<p>The busiest part of each picture, at the setting of each codec "
      "whose file is nearest to the same size; codecs without one within a factor of two are left "
      "out.</p>\n";
  const auto figure = [](const std::vector<std::uint8_t>& png, const std::string& caption) {
    return "<figure><img alt=\"\" src=\"" + png_data_url(png) + "\"><figcaption>" +
           escaped(caption) + "</figcaption></figure>\n";
  };
  for (const CropSet& set : sets) {
    text += "<h3>" + escaped(file_name(report, set.picture)) + ", near " + fixed(set.rate, 2) +
            " bpp</h3>\n<div class=\"crops\">\n" + figure(set.original, "original");
    for (const Crop& crop : set.crops) {
      const bench::Curve& curve = report.options.curves[crop.row->curve];
      text += figure(crop.png, curve.name + " " + curve.points[crop.row->point].setting + ": " +
                                   std::to_string(crop.row->measured.bytes) + " bytes, " +
                                   fixed(crop.row->bits_per_pixel(), 3) + " bpp, " +
                                   number(crop.row->measured.psnr_rgb, 2) + " dB");
    }
    text += "</div>\n";
  }
  return text;
}

std::string points_section(const BenchReport& report) {
  const auto& metrics = bench::metrics_of(report.options);
  std::vector<std::string> head = {"codec", "setting", "bytes", "bpp"};
  for (const bench::Metric& metric : metrics) head.emplace_back(metric.title);
  head.insert(head.end(), {"encode MP/s", "decode MP/s", "peak MB", "pictures"});
  std::string text =
      "<h2>Every setting</h2>\n<p>Means over the pictures; bytes are summed, speeds are all pixels "
      "by all seconds, memory is the most of any picture.</p>\n<div class=\"wide\"><table>\n" +
      cells("th", head);
  for (const PointSummary& point : summarise(report)) {
    const bench::Curve& curve = report.options.curves[point.curve];
    std::vector<std::string> line = {curve.name, curve.points[point.point].setting,
                                     number(point.bytes, 0), number(point.bits_per_pixel, 4)};
    for (std::size_t i = 0; i < metrics.size(); ++i) {
      line.push_back(number(point.values[i], metrics[i].decimals));
    }
    line.insert(line.end(), {number(point.encode_mps, 2), number(point.decode_mps, 2),
                             number(point.memory / 1e6, 1), std::to_string(point.pictures)});
    text += cells("td", line);
  }
  return text + "</table></div>\n";
}

// BD-rate of the first metric against speed: the trade-off.
std::string trade_off(const BenchReport& report) {
  std::vector<PlotLine> encode;
  std::vector<PlotLine> decode;
  const auto add = [&](std::size_t curve, double rate) {
    const SpeedSummary speed = speed_of(report, curve);
    const std::string& name = report.options.curves[curve].name;
    const auto dot = [&](double mps) {
      const std::string text = name + ": " + fixed(rate, 2) + " %, " + number(mps, 2) + " MP/s";
      return PlotLine{curve, {{mps, rate, text}}, name};
    };
    encode.push_back(dot(speed.encode_cpu_mps));
    decode.push_back(dot(speed.decode_cpu_mps));
  };
  add(report.anchor, 0);
  for (const bench::BdRow& row : report.bd) {
    if (row.rates.front().percent) add(row.curve, *row.rates.front().percent);
  }
  if (encode.size() < 2) return {};
  const std::string title =
      std::string("BD-rate, ") + bench::metrics_of(report.options).front().title + ", %";
  return "<div class=\"plots\">\n<div>" + plot(encode, "encode, MP/s and core", title) +
         "</div>\n<div>" + plot(decode, "decode, MP/s and core", title) + "</div>\n</div>\n";
}

std::string speed_section(const BenchReport& report) {
  if (report.options.parallel > 1) return {};
  std::string text =
      "<h2>Speed and memory</h2>\n<p>All pixels by all seconds of a codec's rows, by the clock and "
      "by processor time.</p>\n"
      "<div class=\"wide\"><table>\n" +
      cells("th", {"codec", "encode MP/s", "decode MP/s", "encode MP/s, core", "decode MP/s, core",
                   "peak MB"});
  for (std::size_t curve = 0; curve < report.options.curves.size(); ++curve) {
    const SpeedSummary speed = speed_of(report, curve);
    text += cells("td", {report.options.curves[curve].name, number(speed.encode_mps, 2),
                         number(speed.decode_mps, 2), number(speed.encode_cpu_mps, 2),
                         number(speed.decode_cpu_mps, 2), number(speed.memory / 1e6, 1)});
  }
  return text + "</table></div>\n" + trade_off(report);
}

std::string failures(const BenchReport& report) {
  if (failed_rows(report) == 0) return {};
  std::string text = "<h2>Rows that failed</h2>\n<table>\n";
  for (const bench::Row& row : report.rows) {
    if (row.ok()) continue;
    text += "<tr><td>" + escaped(row_name(report, row)) + "</td><td class=\"long\">" +
            escaped(row.error) + "</td></tr>\n";
  }
  return text + "</table>\n";
}

}  // namespace

std::string bench_page(const BenchReport& report, const std::vector<CropSet>& crops) {
  const std::size_t pictures = report.options.pictures.size();
  const std::string title =
      "Codecs over " + std::to_string(pictures) + (pictures == 1 ? " picture" : " pictures");
  return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<title>" +
         escaped(title) +
         "</title>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n" +
         page_style() + "</head><body>\n<h1>" + escaped(title) + "</h1>\n" + about(report) +
         failures(report) + bd_section(report) + pairs_section(report) + plot_section(report) +
         speed_section(report) + crop_section(report, crops) + points_section(report) +
         "</body></html>\n";
}

}  // namespace holo::cli
