// Feeds rows to the covariance, and turns its eigenvalues into the report.
#include "plugins/df-analyzer/df_analyzer.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "core/spectral/dimension.hpp"
#include "core/spectral/eigensystem.hpp"
#include "core/spectral/explained_variance.hpp"

namespace df_analyzer {

using holo::spectral::k_for_variance;

DfAnalyzer::DfAnalyzer(const holo::AnalyzeJob& job)
    : job_(job),
      tensor_name_(job.params.text("tensor")),
      center_(job.params.boolean("center")),
      target_(job.params.number("target")),
      most_(static_cast<std::uint64_t>(job.params.integer("max_samples"))) {
  patches_.size = job.params.integer("patch");
  const std::int64_t stride = job.params.integer("stride");
  patches_.stride = stride == 0 ? patches_.size : stride;
  patches_.luma = job.params.choice("colour") == "luma";
  patches_.most = most_;
}

void DfAnalyzer::push(const holo::Unit& unit) {
  if (unit.kind() != HOLO_TENSOR) {
    take(unit, patch_dimensions(patches_),
         [&](const RowSink& sink) { for_each_patch(unit, patches_, sink); });
    return;
  }
  const bool named = !tensor_name_.empty();
  if (named && unit.name() != tensor_name_) return;
  const holo::Tensor tensor = unit.tensor();
  const std::string obstacle = obstacle_of(tensor);
  if (obstacle.empty()) {
    take(unit, row_dimensions(tensor),
         [&](const RowSink& sink) { for_each_row(tensor, most_, sink); });
  } else if (named) {
    throw holo::Failure(HOLO_UNSUPPORTED, "tensor '" + unit.name() + "' " + obstacle, "tensor",
                        static_cast<std::int64_t>(unit.index()));
  } else {
    ++left_out_;
    job_.host.log(HOLO_LOG_INFO, "tensor '" + unit.name() + "' is left out: it " + obstacle);
  }
}

std::string DfAnalyzer::obstacle_of(const holo::Tensor& tensor) const {
  if (tensor.rank() < 2 || tensor.elements() == 0) return "has no rows of features";
  const std::size_t features = row_dimensions(tensor);
  if (features > kMostDimensions) {
    return "has " + std::to_string(features) + " features, at most " +
           std::to_string(kMostDimensions) + " can be analysed";
  }
  if (covariance_ && covariance_->dimensions() != features) {
    return "has " + std::to_string(features) + " features, those before it have " +
           std::to_string(covariance_->dimensions());
  }
  return {};
}

void DfAnalyzer::take(const holo::Unit& unit, std::size_t dimensions,
                      const std::function<void(const RowSink&)>& rows) {
  const auto index = static_cast<std::int64_t>(unit.index());
  // A unit that fails half way adds nothing.
  holo::spectral::CovarianceAccumulator fresh(dimensions);
  rows([&](std::span<const float> values, std::size_t count) {
    holo::Status status = fresh.push(values, count);
    if (!status.ok()) {
      throw holo::Failure(status.error().code, status.error().message, {}, index);
    }
    job_.host.progress(0);
  });
  if (covariance_) {
    holo::check(covariance_->merge(fresh));
  } else {
    covariance_ = std::move(fresh);
  }
  ++units_;
}

void DfAnalyzer::report(const holo::Report& report) {
  const std::uint64_t samples = covariance_ ? covariance_->samples() : 0;
  const std::uint64_t freedom = center_ ? samples - std::min<std::uint64_t>(samples, 1) : samples;
  std::vector<double> spectrum;
  if (covariance_) {
    spectrum = holo::unwrap(holo::spectral::eigenvalues(center_ ? covariance_->covariance()
                                                                : covariance_->second_moment()));
  }
  const double corrected = holo::spectral::participation_ratio_corrected(spectrum, freedom);
  const double population =
      holo::spectral::participation_ratio_of_population(corrected, spectrum.size());
  double variance = 0;
  for (const double value : spectrum) variance += std::max(value, 0.0);
  report.number("df", holo::spectral::participation_ratio(spectrum));
  report.number("df_corrected", corrected);
  if (std::isfinite(population)) report.number("df_population", population);
  report.number("effective_rank", holo::spectral::effective_rank(spectrum));
  report.number("entropy_rank", holo::spectral::entropy_rank(spectrum));
  report.integer("k90", static_cast<std::int64_t>(k_for_variance(spectrum, 0.90)));
  report.integer("k95", static_cast<std::int64_t>(k_for_variance(spectrum, 0.95)));
  report.integer("k99", static_cast<std::int64_t>(k_for_variance(spectrum, 0.99)));
  report.number("target", target_);
  report.integer("k_target", static_cast<std::int64_t>(k_for_variance(spectrum, target_)));
  report.integer("dimensions", static_cast<std::int64_t>(spectrum.size()));
  report.integer("samples", static_cast<std::int64_t>(samples));
  report.integer("units", units_);
  report.integer("units_left_out", left_out_);
  report.number("variance", variance);
  if (freedom == 0) {
    report.text("note",
                "too few samples to tell anything: take smaller patches or strides, or "
                "check the name given as tensor");
  } else if (left_out_ > 0) {
    report.text("note",
                "tensors of another width than the first, without rows or with too many "
                "features are left out: name one with the parameter tensor");
  }
  report.series("explained_variance", holo::spectral::explained_variance(spectrum));
}

holo::AnalyzerInfo DfAnalyzer::info() {
  holo::AnalyzerInfo info;
  info.id = "org.holohost.df-analyzer";
  info.alias = "df-analyzer";
  info.version = "1.0.0";
  info.summary = "How many dimensions pictures, frames and tensors really fill";
  info.kinds = (1u << HOLO_PICTURE) | (1u << HOLO_FRAME) | (1u << HOLO_TENSOR);
  info.params = {
      holo::int_param("patch", "px", "Side of the patches of pictures and frames", 8, 1, 16),
      holo::int_param("stride", "px", "From patch to patch, 0 for the side of a patch", 0, 0, 4096),
      holo::choice_param("colour", "What a patch holds", "rgb",
                         {{"rgb", "red, green and blue together"}, {"luma", "brightness alone"}}),
      holo::bool_param("center", "Subtract the mean sample first", true),
      holo::int_param("max_samples", "", "Most samples of one unit, spread evenly", 1000000, 2,
                      1000000000),
      holo::float_param("target", "", "Share of the variance that k_target reaches", 0.95, 0.01,
                        1.0),
      holo::text_param("tensor", "Name of the one tensor to analyse, empty for all", ""),
  };
  return info;
}

}  // namespace df_analyzer
