// Analyze: every unit of every input into one analyzer.
#include "core/jobs/analyze.hpp"

#include <algorithm>
#include <chrono>

#include "core/jobs/encode.hpp"
#include "core/jobs/input.hpp"
#include "core/jobs/unit_source.hpp"

namespace holo::jobs {

namespace {

// What is built up while the inputs are walked: the session opens with the first stream.
struct Walk {
  host::Registry& registry;
  host::Job& job;
  const AnalyzeOptions& options;
  const host::ComponentInfo& analyzer;
  AnalyzeReport& report;
  std::unique_ptr<host::AnalyzerSession> session;
  std::int32_t kind = 0;

  Status open(const StreamInfo& stream, const std::string& input) {
    if (session) {
      if (stream.kind == kind) return {};
      return make_error(HOLO_INVALID_ARG, input + " holds " + media_kind_name(stream.kind) +
                                              ", the inputs before it " + media_kind_name(kind) +
                                              "; analyze one kind at a time");
    }
    kind = stream.kind;
    if ((analyzer.kinds & (1u << kind)) == 0) {
      return make_error(HOLO_UNSUPPORTED,
                        "analyzer '" + analyzer.alias + "' does not take " + media_kind_name(kind));
    }
    HOLO_ASSIGN(session,
                host::AnalyzerSession::create(registry, analyzer, job, report.params, stream));
    return {};
  }

  [[nodiscard]] bool wanted(const UnitInfo& info) const {
    const auto& names = options.tensors;
    return kind != HOLO_TENSOR || names.empty() ||
           std::find(names.begin(), names.end(), info.name) != names.end();
  }

  Status add(const std::string& path) {
    HOLO_ASSIGN(auto source, open_units(registry, job, path));
    HOLO_TRY(open(source->stream(), path));
    for (;;) {
      HOLO_TRY(job.check_cancelled());
      auto unit = source->next();
      if (!unit) return about(path, std::move(unit).error());
      if (!*unit) return {};
      if (!wanted((*unit)->info)) continue;
      job.begin_unit(report.units);
      HOLO_TRY(session->push(**unit));
      ++report.units;
    }
  }
};

}  // namespace

Result<AnalyzeReport> analyze(host::Registry& registry, host::Job& job,
                              const AnalyzeOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  HOLO_ASSIGN(const auto* analyzer,
              find_named(registry, host::ComponentKind::analyzer, options.analyzer.name));
  AnalyzeReport report;
  report.analyzer_id = analyzer->id;
  report.analyzer_version = analyzer->version;
  std::vector<host::KeyValue> given = options.analyzer.params;
  given.insert(given.end(), options.params.begin(), options.params.end());
  HOLO_ASSIGN(report.params, host::resolve_params(analyzer->params, given, analyzer->alias));

  Walk walk{registry, job, options, *analyzer, report, {}, 0};
  job.begin_phase("analyze", 0);
  for (const std::string& path : options.inputs) HOLO_TRY(walk.add(path));
  if (report.units == 0) {
    if (options.tensors.empty()) return make_error(HOLO_CORRUPT, "there is nothing to analyze");
    return make_error(HOLO_INVALID_ARG,
                      "no tensor of that name in the input; 'holohost info' or "
                      "the file's own tools list them");
  }
  HOLO_ASSIGN(report.report, walk.session->report());
  job.finish_phase();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace holo::jobs
