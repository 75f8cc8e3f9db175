// One analyzer behind the boundary, and the report that it fills.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/base/params.hpp"
#include "core/base/unit.hpp"
#include "core/host/job.hpp"
#include "core/host/registry.hpp"

namespace holo::host {

using ReportValue = std::variant<std::int64_t, double, std::string, std::vector<double>>;

struct ReportEntry {
  std::string key;  // snake_case, unique in the report
  ReportValue value;
};

// In the order in which the analyzer gave them.
using Report = std::vector<ReportEntry>;

class AnalyzerSession {
 public:
  static Result<std::unique_ptr<AnalyzerSession>> create(Registry& registry,
                                                         const ComponentInfo& analyzer, Job& job,
                                                         const ParamValues& params,
                                                         const StreamInfo& stream);
  ~AnalyzerSession();
  // Units may come from several files, so their indices may start again.
  Status push(UnitBuffer& unit);
  // Over all units pushed so far. A key that is malformed or given twice is INTERNAL.
  Result<Report> report();

 private:
  AnalyzerSession();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace holo::host
