// Analyze: units of one or several files through an analyzer into a report.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/host/analyzer_session.hpp"
#include "core/host/job.hpp"
#include "core/host/registry.hpp"

namespace holo::jobs {

struct AnalyzeOptions {
  std::vector<std::string> inputs;  // pictures, videos, tensor files, .holo and .holovid files
  host::ComponentSpec analyzer;
  std::vector<host::KeyValue> params;
  std::vector<std::string> tensors;  // only these tensors; empty: all
};

struct AnalyzeReport {
  std::string analyzer_id;
  std::string analyzer_version;
  ParamValues params;
  std::uint64_t units = 0;
  double seconds = 0;
  host::Report report;
};

// All inputs are of one kind; their units go into one report.
Result<AnalyzeReport> analyze(host::Registry& registry, host::Job& job,
                              const AnalyzeOptions& options);

}  // namespace holo::jobs
