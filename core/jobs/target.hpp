// What `encode --target` asks for, and the search that meets it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/params.hpp"
#include "core/base/result.hpp"
#include "core/host/param_table.hpp"

namespace holo::jobs {

enum class TargetMetric { psnr, ssim, ms_ssim, bpp, size };
std::string_view target_metric_name(TargetMetric metric);

struct RateTarget {
  TargetMetric metric = TargetMetric::psnr;
  double wanted = 0;  // dB; 0..1; bits per pixel; bytes
};

// "psnr=40", "ssim=0.98", "ms_ssim=0.99", "bpp=0.5", "size=200k". Sizes take B, k, kB, KiB, M, MB,
// MiB, G, GB and GiB; k is 1000. INVALID_ARG names what is wrong.
Result<RateTarget> parse_target(std::string_view text);
// "psnr 40.02 dB", "size 199.8 kB".
std::string describe_reached(TargetMetric metric, double value);
// True where the target is the least quality, false where it is the largest file.
[[nodiscard]] bool is_quality(TargetMetric metric);

// One encode of the search.
struct Trial {
  ParamValue value;    // of the rate parameter
  double reached = 0;  // in the target's metric; infinite where nothing differs
  std::uint64_t bytes = 0;
};

struct TargetReport {
  RateTarget target;
  double reached = 0;
  int trials = 0;
};

// Encodes with the given value of the rate parameter and measures. `keep` is called right after a
// trial that is the best so far.
struct TrialRunner {
  std::function<Result<Trial>(const ParamValue& value)> run;
  std::function<void()> keep;
};

// The smallest file that reaches a quality, or the finest that is no larger than a size, in at
// most RateSearch::kMostTrials trials. `rate` is the codec's rate parameter. A target out of reach
// is UNSUPPORTED and says what the nearest is.
Result<TargetReport> meet_target(const RateTarget& target, const host::ParamSpec& rate,
                                 const TrialRunner& runner);

}  // namespace holo::jobs
