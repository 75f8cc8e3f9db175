// Reverse water-filling: the best split of a budget over independent Gaussian components.
// Source: Cover and Thomas, "Elements of Information Theory", theorem 10.3.3: with water level t,
// component i gets distortion D_i = min(t, v_i) and rate R_i = max(0, log2(v_i / t) / 2).
#pragma once

#include <span>
#include <vector>

#include "core/base/result.hpp"

namespace holo::spectral {

struct Allocation {
  double level = 0;                 // t
  std::vector<double> rates;        // bits per sample of each component
  std::vector<double> distortions;  // mean squared error of each component
};

// `variances` in any order, each finite and >= 0; INVALID_ARG otherwise, or for none.
// Spends `bits` >= 0 in all per sample.
Result<Allocation> allocate_rate(std::span<const double> variances, double bits);
// Leaves a total mean squared error of `distortion` > 0; no bits if that is the total variance or
// more.
Result<Allocation> allocate_distortion(std::span<const double> variances, double distortion);

}  // namespace holo::spectral
