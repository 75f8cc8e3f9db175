// The analyzer: accumulates the covariance of all units, reports the spectrum's dimensions.
#pragma once

#include <optional>
#include <string>

#include <holo/analyzer.hpp>

#include "core/spectral/covariance.hpp"
#include "plugins/df-analyzer/samples.hpp"

namespace df_analyzer {

// A covariance of more features takes over 128 MiB and minutes of eigenvalues.
inline constexpr std::size_t kMostDimensions = 4096;

class DfAnalyzer : public holo::Analyzer {
 public:
  explicit DfAnalyzer(const holo::AnalyzeJob& job);
  void push(const holo::Unit& unit) override;
  void report(const holo::Report& report) override;
  static holo::AnalyzerInfo info();

 private:
  // Why the rows of this tensor cannot be taken; empty if they can.
  [[nodiscard]] std::string obstacle_of(const holo::Tensor& tensor) const;
  void take(const holo::Unit& unit, std::size_t dimensions,
            const std::function<void(const RowSink&)>& rows);

  holo::AnalyzeJob job_;
  PatchOptions patches_;
  std::string tensor_name_;
  bool center_;
  double target_;
  std::uint64_t most_;
  std::int64_t units_ = 0;
  std::int64_t left_out_ = 0;
  std::optional<holo::spectral::CovarianceAccumulator> covariance_;
};

}  // namespace df_analyzer
