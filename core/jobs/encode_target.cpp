// The trials of a target: encode, measure, keep the best file.
#include "core/jobs/encode_target.hpp"

#include <algorithm>

#include "core/jobs/compare.hpp"

namespace holo::jobs {

namespace {

Result<const host::ParamSpec*> searched_param(const TargetJob& job) {
  const RateTarget& target = *job.options.target;
  const std::string name(target_metric_name(target.metric));
  const host::ParamSpec* rate = host::rate_param(job.codec.params);
  if (rate == nullptr) {
    return make_error(HOLO_INVALID_ARG,
                      "codec '" + job.codec.alias +
                          "' has no parameter that trades size for quality, so there is nothing "
                          "to search for a target; give its parameters with -p");
  }
  const bool set = std::any_of(job.given.begin(), job.given.end(),
                               [&](const host::KeyValue& pair) { return pair.first == rate->key; });
  if (set) {
    return make_error(HOLO_INVALID_ARG, "--target and " + rate->key +
                                            " are both given, but the target is met by searching " +
                                            rate->key + "; leave one of them out");
  }
  if (job.media_kind == HOLO_TENSOR && target.metric != TargetMetric::size) {
    return make_error(HOLO_INVALID_ARG,
                      "the target is " + name + ", which is for pictures and video; for " +
                          media_kind_name(job.media_kind) + " files there is size=BYTES");
  }
  return rate;
}

Result<double> quality_of(const TargetJob& job, const AtomicFile& file, TargetMetric metric) {
  const std::string name(target_metric_name(metric));
  if (file.temporary_path().empty()) {
    return make_error(HOLO_INVALID_ARG, "the target is " + name +
                                            ", but what goes into a device cannot be read back to "
                                            "be measured; name a file with -o");
  }
  const CompareFigures figures{metric == TargetMetric::ssim, metric == TargetMetric::ms_ssim};
  auto compared =
      compare(job.registry, job.job, job.input.path(), file.temporary_path().string(), figures);
  if (!compared) return std::move(compared).error().in("measuring a trial of the target");
  const std::optional<double> value = metric == TargetMetric::ssim ? compared->ssim
                                      : metric == TargetMetric::ms_ssim
                                          ? compared->ms_ssim
                                          : compared->psnr_rgb.value_or(compared->psnr_y);
  if (value) return *value;
  return make_error(HOLO_INVALID_ARG, job.input.name() + ": the picture is too small for " + name +
                                          ", which needs " +
                                          (metric == TargetMetric::ssim ? "11" : "161") +
                                          " pixels each way; give a psnr target");
}

Result<double> reached_by(const TargetJob& job, const Encoded& encoded) {
  const TargetMetric metric = job.options.target->metric;
  const auto bytes = static_cast<double>(encoded.report.bytes_out);
  if (metric == TargetMetric::size) return bytes;
  if (metric == TargetMetric::bpp) return 8 * bytes / encoded.report.pixels;
  return quality_of(job, *encoded.file, metric);
}

}  // namespace

Result<Encoded> encode_to_target(const TargetJob& job, const ParamValues& params,
                                 const EncodeOnce& encode_once) {
  HOLO_ASSIGN(const host::ParamSpec* rate, searched_param(job));
  Encoded current;
  Encoded best;
  int number = 0;
  TrialRunner runner;
  runner.run = [&](const ParamValue& value) -> Result<Trial> {
    ParamValues tried = params;
    for (ParamValue& each : tried.values) {
      if (each.key == rate->key) each = value;
    }
    HOLO_ASSIGN(current, encode_once(tried));
    HOLO_ASSIGN(const double reached, reached_by(job, current));
    const Trial trial{value, reached, current.report.bytes_out};
    if (job.options.on_trial) job.options.on_trial(++number, trial);
    return trial;
  };
  runner.keep = [&] { best = std::move(current); };
  HOLO_ASSIGN(best.report.target, meet_target(*job.options.target, *rate, runner));
  return best;
}

}  // namespace holo::jobs
