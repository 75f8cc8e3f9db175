// Running sums of a spectrum.
#include "core/spectral/explained_variance.hpp"

#include <algorithm>

namespace holo::spectral {

std::vector<double> explained_variance(std::span<const double> eigenvalues) {
  std::vector<double> sums;
  sums.reserve(eigenvalues.size());
  double sum = 0;
  for (const double value : eigenvalues) sums.push_back(sum += std::max(value, 0.0));
  if (sum > 0) {
    for (double& partial : sums) partial /= sum;
  }
  return sums;
}

std::size_t k_for_variance(std::span<const double> eigenvalues, double share) {
  const std::vector<double> curve = explained_variance(eigenvalues);
  if (curve.empty() || curve.back() <= 0) return 0;
  const auto reached = std::lower_bound(curve.begin(), curve.end(), share);
  return std::min(static_cast<std::size_t>(reached - curve.begin()) + 1, curve.size());
}

}  // namespace holo::spectral
