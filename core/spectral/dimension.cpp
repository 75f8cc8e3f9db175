// Sums over a spectrum, scaled by its largest value so that no square overflows.
#include "core/spectral/dimension.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace holo::spectral {
namespace {

struct Traces {
  double first = 0;   // sum of l / scale
  double second = 0;  // sum of (l / scale)^2
};

double largest(std::span<const double> eigenvalues) {
  double scale = 0;
  for (const double value : eigenvalues) scale = std::max(scale, value);
  return scale;
}

Traces traces_of(std::span<const double> eigenvalues) {
  Traces traces;
  const double scale = largest(eigenvalues);
  if (scale <= 0) return traces;
  for (const double value : eigenvalues) {
    const double share = std::max(value, 0.0) / scale;
    traces.first += share;
    traces.second += share * share;
  }
  return traces;
}

// exp(entropy of (l / scale)^power), the shares normalised to add up to 1.
double perplexity(std::span<const double> eigenvalues, double power) {
  const double scale = largest(eigenvalues);
  if (scale <= 0) return 0;
  double sum = 0;
  double weighted = 0;  // sum of x ln x
  for (const double value : eigenvalues) {
    if (value <= 0) continue;
    const double x = std::pow(value / scale, power);
    sum += x;
    if (x > 0) weighted += x * std::log(x);
  }
  return std::exp(std::log(sum) - weighted / sum);
}

}  // namespace

double participation_ratio(std::span<const double> eigenvalues) {
  const Traces traces = traces_of(eigenvalues);
  return traces.second > 0 ? traces.first * traces.first / traces.second : 0;
}

double participation_ratio_corrected(std::span<const double> eigenvalues,
                                     std::uint64_t degrees_of_freedom) {
  const Traces traces = traces_of(eigenvalues);
  if (traces.second <= 0) return 0;
  const double squared = traces.first * traces.first;
  if (degrees_of_freedom < 2) return squared / traces.second;
  const auto n = static_cast<double>(degrees_of_freedom);
  const auto most = static_cast<double>(eigenvalues.size());
  const double second = n * n / ((n - 1) * (n + 2)) * (traces.second - squared / n);
  const double first_squared = squared - 2 * second / n;
  if (second <= 0 || first_squared >= most * second) return most;
  return std::max(first_squared / second, 1.0);
}

double participation_ratio_of_population(double corrected, std::size_t features) {
  if (corrected <= 0 || features == 0) return 0;
  const double inverse = 1 / corrected - 1 / static_cast<double>(features);
  // Less than a thousandth of the features' own part is within rounding and noise of nothing.
  if (inverse * static_cast<double>(features) < 1e-3) {
    return std::numeric_limits<double>::infinity();
  }
  return 1 / inverse;
}

double effective_rank(std::span<const double> eigenvalues) { return perplexity(eigenvalues, 0.5); }

double entropy_rank(std::span<const double> eigenvalues) { return perplexity(eigenvalues, 1.0); }

}  // namespace holo::spectral
