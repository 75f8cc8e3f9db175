// holohost analyze
#include "core/jobs/analyze.hpp"

#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/holohost/html_report.hpp"
#include "apps/holohost/session.hpp"
#include "apps/holohost/verbs/verbs.hpp"
#include "core/base/file.hpp"

namespace holo::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr Option kOptions[] = {
    {"analyzer", 'a', "NAME[:key=value,...]", "analyzer to use", Complete::analyzer},
    {"param", 'p', "key=value", "a parameter of the analyzer", Complete::none, true},
    {"tensor", 0, "NAME", "only this tensor of a tensor file", Complete::none, true},
    {"html", 0, "FILE", "write a page with the report and its plots", Complete::file},
    {"force", 'f', nullptr, "overwrite the page if it exists"},
    {"isolate", 0, nullptr, "run in a process of its own, so that a plugin's crash ends only that"},
    {"json", 0, nullptr, "print one JSON object on stdout"},
};

// JSON has no infinity and no "not a number".
Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

struct ToJson {
  Json operator()(std::int64_t value) const { return value; }
  Json operator()(double value) const { return number(value); }
  Json operator()(const std::string& value) const { return value; }
  Json operator()(const std::vector<double>& values) const {
    Json array = Json::array();
    for (const double value : values) array.push_back(number(value));
    return array;
  }
};

Json report_json(const host::Report& report) {
  Json object = Json::object();
  for (const host::ReportEntry& entry : report)
    object[entry.key] = std::visit(ToJson(), entry.value);
  return object;
}

Status write_page(AtomicFile& file, const std::string& page) {
  HOLO_TRY(file.write({reinterpret_cast<const std::uint8_t*>(page.data()), page.size()}));
  return file.commit();
}

void print_text(const Json& values) {
  for (const auto& [key, value] : values.items()) {
    std::string text;
    if (value.is_array()) {
      text = std::to_string(value.size()) + " values";
      if (!value.empty())
        text += ", first " + value.front().dump() + ", last " + value.back().dump();
    } else if (value.is_number_float()) {
      text = fixed(value.get<double>(), 4);
    } else {
      text = value.is_string() ? value.get<std::string>() : value.dump();
    }
    std::printf("%-20s %s\n", key.c_str(), text.c_str());
  }
}

Result<jobs::AnalyzeOptions> options_from(const Arguments& arguments) {
  jobs::AnalyzeOptions options;
  options.inputs = arguments.operands();
  if (options.inputs.empty()) {
    return make_error(HOLO_INVALID_ARG, "expected at least one input file");
  }
  if (!arguments.has("analyzer")) {
    return make_error(HOLO_INVALID_ARG,
                      "expected --analyzer NAME, such as --analyzer df-analyzer; "
                      "'holohost plugins list' shows what there is");
  }
  if (arguments.text("html") == "-" && wants_json(arguments)) {
    return make_error(HOLO_INVALID_ARG,
                      "--html - and --json both want standard output; name a file for the page");
  }
  HOLO_ASSIGN(options.analyzer, host::parse_component_spec(arguments.text("analyzer")));
  HOLO_ASSIGN(options.params, given_params(arguments));
  options.tensors = arguments.all("tensor");
  return options;
}

int run(const Arguments& arguments) {
  auto options = options_from(arguments);
  if (!options) return report_error(arguments, options.error());
  auto registry = open_registry(arguments);
  if (!registry) return report_error(arguments, registry.error());
  auto job = open_job(arguments);
  if (!job) return report_error(arguments, job.error());
  // Opened before the work, so that a page that cannot be written does not cost the analysis.
  std::unique_ptr<AtomicFile> page;
  if (arguments.has("html")) {
    auto created = AtomicFile::create(arguments.text("html"), arguments.has("force"));
    if (!created) return report_error(arguments, created.error());
    page = std::move(*created);
  }
  auto report = jobs::analyze(**registry, **job, *options);
  if (!report) return report_error(arguments, report.error());

  const Json values = report_json(report->report);
  if (page) {
    std::string title = report->analyzer_id + ": " + options->inputs.front();
    if (options->inputs.size() > 1) {
      title += " and " + std::to_string(options->inputs.size() - 1) + " more";
    }
    const Status written = write_page(*page, html_report(title, values));
    if (!written) return report_error(arguments, written.error());
  }
  if (!wants_json(arguments)) {
    end_progress();
    if (arguments.text("html") != "-") print_text(values);
    return kExitOk;
  }
  Json object = {{"inputs", options->inputs},
                 {"analyzer", {{"id", report->analyzer_id}, {"version", report->analyzer_version}}},
                 {"params", params_json(report->params)},
                 {"units", report->units},
                 {"seconds", report->seconds}};
  object.update(values);
  return print_json(std::move(object));
}

}  // namespace

Verb analyze_verb() {
  return {"analyze",
          "IN... --analyzer NAME [--json] [--html FILE]",
          "Analyze pictures, videos or tensors",
          "All inputs are of one kind and go into one report. .holo and .holovid files are "
          "decoded on\nthe way.",
          "  holohost analyze photo.png --analyzer df-analyzer\n"
          "  holohost analyze model.safetensors --tensor h.0.attn.c_attn.weight -a df-analyzer\n"
          "  holohost analyze *.png -a df-analyzer:patch=8 --html report.html\n",
          kOptions,
          Complete::file,
          run,
          true};
}

}  // namespace holo::cli
