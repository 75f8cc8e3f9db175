// A model of random weights.
#include <cmath>

#include "core/lm/model.hpp"
#include "core/lm/parallel.hpp"
#include "core/lm/random_numbers.hpp"

namespace holo::lm {
namespace {

constexpr double kDeviation = 0.02;

// The normal distribution's quantile, for p in (0, 1): Acklam's rational approximations, relative
// error below 1.2e-9.
double normal_quantile(double p) {
  constexpr double kTail = 0.02425;
  if (p < kTail || p > 1 - kTail) {
    const double q = std::sqrt(-2 * std::log(p < kTail ? p : 1 - p));
    const double top =
        ((((-7.784894002430293e-03 * q - 3.223964580411365e-01) * q - 2.400758277161838) * q -
          2.549732539343734) *
             q +
         4.374664141464968) *
            q +
        2.938163982698783;
    const double bottom =
        (((7.784695709041462e-03 * q + 3.224671290700398e-01) * q + 2.445134137142996) * q +
         3.754408661907416) *
            q +
        1;
    return p < kTail ? top / bottom : -top / bottom;
  }
  const double q = p - 0.5;
  const double r = q * q;
  const double top =
      (((((-3.969683028665376e+01 * r + 2.209460984245205e+02) * r - 2.759285104469687e+02) * r +
         1.383577518672690e+02) *
            r -
        3.066479806614716e+01) *
           r +
       2.506628277459239) *
      q;
  const double bottom =
      ((((-5.447609879822406e+01 * r + 1.615858368580409e+02) * r - 1.556989798598866e+02) * r +
        6.680131188771972e+01) *
           r -
       1.328068155288572e+01) *
          r +
      1;
  return top / bottom;
}

}  // namespace

Result<std::shared_ptr<const Model>> Model::random(const ModelConfig& config, std::uint64_t seed,
                                                   const LoadOptions& options, host::Job& job) {
  const TensorSource tensors =
      [&](const std::string& name,
          std::span<const std::int64_t> shape) -> Result<std::vector<float>> {
    std::size_t count = 1;
    for (const std::int64_t n : shape) count *= static_cast<std::size_t>(n);
    if (name.ends_with(".bias")) return std::vector<float>(count, 0.0F);
    if (shape.size() == 1) return std::vector<float>(count, 1.0F);
    std::vector<float> values(count);
    const std::uint64_t stream = random_stream(seed, name);
    parallel_ranges(job, count, 65536, [&](std::size_t begin, std::size_t end, std::uint32_t) {
      for (std::size_t i = begin; i < end; ++i) {
        const double p = random_uniform(stream, i) + 0x1p-54;  // never 0
        values[i] = static_cast<float>(kDeviation * normal_quantile(p));
      }
    });
    return values;
  };
  return build(config, tensors, options, job);
}

}  // namespace holo::lm
