// Table, JSON and frontier of `lm bench`.
#include "apps/holohost/lm/bench_report.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "apps/holohost/bench/plot.hpp"
#include "apps/holohost/session.hpp"
#include "apps/holohost/text_table.hpp"

namespace holo::cli {

namespace {

double change_percent(const lm::Evaluation& evaluation) {
  return 100 * (evaluation.perplexity / evaluation.full_perplexity - 1);
}

std::string signed_fixed(double value, int decimals) {
  return (value >= 0 ? "+" : "") + fixed(value, decimals);
}

Cells head(const LmBenchReport& report) {
  Cells cells = {"strategy"};
  if (!report.rows.empty() && report.rows.front().evaluation) {
    for (const char* title :
         {"B/token", "vs f16", "perplexity", "change %", "KL", "top-1 %", "bases"}) {
      cells.emplace_back(title);
    }
  }
  if (!report.rows.empty()) {
    for (const DecodeSpeed& speed : report.rows.front().speeds) {
      cells.push_back("t/s at " + std::to_string(speed.context));
    }
  }
  cells.emplace_back("peak");
  return cells;
}

Cells line(const LmBenchRow& row) {
  Cells cells = {row.kv};
  if (row.evaluation) {
    const lm::Evaluation& e = *row.evaluation;
    cells.push_back(fixed(e.bytes_per_token, 1));
    cells.push_back(fixed(e.compression_vs_f16(), 2) + "x");
    cells.push_back(fixed(e.perplexity, 4));
    cells.push_back(signed_fixed(change_percent(e), 2));
    cells.push_back(fixed(e.kl_to_full, 5));
    cells.push_back(fixed(100 * e.top1_agreement, 2));
    cells.push_back(human_bytes(e.fixed_bytes));
  }
  for (const DecodeSpeed& speed : row.speeds) cells.push_back(fixed(speed.tokens_per_second, 1));
  cells.push_back(human_bytes(row.peak_bytes));
  return cells;
}

// The strategy without its settings: points of one name make a line.
std::string family(const std::string& kv) { return kv.substr(0, kv.find_first_of(":;")); }

constexpr const char* kSvgStyle =
    "<style>svg{font:12px system-ui,sans-serif;background:#fff}text{fill:#5b6168}"
    ".grid{stroke:#dfe3e7}.curve{fill:none;stroke-width:2}"
    ".c0{stroke:#0b66c3;fill:#0b66c3}.c1{stroke:#c2410c;fill:#c2410c}"
    ".c2{stroke:#15803d;fill:#15803d}.c3{stroke:#9333ea;fill:#9333ea}"
    ".c4{stroke:#b4860b;fill:#b4860b}.c5{stroke:#0e7490;fill:#0e7490}"
    ".c6{stroke:#be185d;fill:#be185d}.c7{stroke:#57534e;fill:#57534e}"
    "polyline.curve{fill:none}</style>";

}  // namespace

std::string lm_bench_line(const LmBenchRow& row) {
  std::string text;
  for (const std::string& cell : line(row)) text += (text.empty() ? "" : "  ") + cell;
  return text;
}

std::string lm_bench_table(const LmBenchReport& report) {
  std::string text = report.machine.cpu + ", " + std::to_string(report.threads) + " threads\n" +
                     report.command + "\n\n";
  std::vector<Cells> lines = {head(report)};
  for (const LmBenchRow& row : report.rows) lines.push_back(line(row));
  text += aligned(lines);
  const double bound = report.bytes_per_second / static_cast<double>(report.weight_bytes);
  text += "\nmemory reads " + fixed(report.bytes_per_second / 1e9, 2) + " GB/s; a token reads " +
          human_bytes(report.weight_bytes) + " of weights: at most " + fixed(bound, 1) +
          " tokens/s\n";
  text += "prefill of " + std::to_string(report.prefill.tokens) +
          " tokens: " + fixed(report.prefill.tokens_per_second, 0) + " tokens/s";
  if (report.prefill.libtorch_tokens_per_second) {
    text += ", LibTorch " + fixed(*report.prefill.libtorch_tokens_per_second, 0);
  }
  return text + "\n";
}

nlohmann::ordered_json lm_bench_json(const LmBenchReport& report) {
  using Json = nlohmann::ordered_json;
  Json rows = Json::array();
  for (const LmBenchRow& row : report.rows) {
    Json json = {{"kv", {{"spec", row.kv}}}};
    if (row.evaluation) {
      const lm::Evaluation& e = *row.evaluation;
      json["kv"]["bytes_per_token"] = e.bytes_per_token;
      json["kv"]["compression_vs_f16"] = e.compression_vs_f16();
      json["kv"]["fixed_bytes"] = e.fixed_bytes;
      json["perplexity"] = e.perplexity;
      json["perplexity_change_percent"] = change_percent(e);
      json["kl_to_full"] = e.kl_to_full;
      json["top1_agreement"] = e.top1_agreement;
      json["tokens"] = e.tokens;
    }
    Json speeds = Json::array();
    for (const DecodeSpeed& speed : row.speeds) {
      speeds.push_back(
          {{"context", speed.context}, {"tokens_per_second", speed.tokens_per_second}});
    }
    json["decode"] = std::move(speeds);
    json["peak_bytes"] = row.peak_bytes;
    rows.push_back(std::move(json));
  }
  Json prefill = {{"tokens", report.prefill.tokens},
                  {"tokens_per_second", report.prefill.tokens_per_second}};
  if (report.prefill.libtorch_tokens_per_second) {
    prefill["libtorch_tokens_per_second"] = *report.prefill.libtorch_tokens_per_second;
  }
  return {{"machine",
           {{"name", report.machine.name},
            {"cpu", report.machine.cpu},
            {"threads", report.threads},
            {"system", report.machine.system}}},
          {"command", report.command},
          {"window", report.window},
          {"bytes_per_second", report.bytes_per_second},
          {"weight_bytes_per_token", report.weight_bytes},
          {"prefill", std::move(prefill)},
          {"rows", std::move(rows)}};
}

std::string lm_bench_frontier(const LmBenchReport& report) {
  std::map<std::string, std::size_t> colours;
  std::vector<PlotLine> lines;
  for (const LmBenchRow& row : report.rows) {
    if (!row.evaluation) continue;
    const std::string name = family(row.kv);
    const auto [found, fresh] = colours.emplace(name, lines.size());
    if (fresh) lines.push_back({found->second, {}, name});
    const lm::Evaluation& e = *row.evaluation;
    lines[found->second].points.push_back({e.bytes_per_token, e.perplexity,
                                           row.kv + ": " + fixed(e.bytes_per_token, 1) +
                                               " bytes, perplexity " + fixed(e.perplexity, 4)});
  }
  std::string svg = plot(lines, "bytes a token", "perplexity");
  const std::string open = "<svg ";
  if (svg.starts_with(open)) {
    svg.insert(open.size(), "xmlns=\"http://www.w3.org/2000/svg\" ");
    svg.insert(svg.find('>') + 1, kSvgStyle);
  } else {
    svg =
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 40\"><text y=\"24\">no "
        "perplexity was measured</text></svg>\n";
  }
  return svg;
}

}  // namespace holo::cli
