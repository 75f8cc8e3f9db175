// The level in closed form for every number of wet components; the first consistent one is it.
#include "core/spectral/water_filling.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace holo::spectral {
namespace {

Result<std::vector<double>> sorted(std::span<const double> variances, double budget) {
  const bool fine = std::all_of(variances.begin(), variances.end(),
                                [](double v) { return std::isfinite(v) && v >= 0; });
  if (variances.empty() || !fine || !std::isfinite(budget) || budget < 0) {
    return make_error(HOLO_INVALID_ARG,
                      "water-filling needs finite variances and a finite budget, none below 0");
  }
  std::vector<double> descending(variances.begin(), variances.end());
  std::sort(descending.begin(), descending.end(), std::greater<>());
  return descending;
}

Allocation allocate_at(std::span<const double> variances, double level) {
  Allocation out;
  out.level = level;
  for (const double variance : variances) {
    const bool wet = variance > level;
    out.rates.push_back(wet ? 0.5 * std::log2(variance / level) : 0);
    out.distortions.push_back(wet ? level : variance);
  }
  return out;
}

}  // namespace

Result<Allocation> allocate_rate(std::span<const double> variances, double bits) {
  HOLO_ASSIGN(const std::vector<double> descending, sorted(variances, bits));
  // With the m largest coded, m log2 t = sum of log2 v_i - 2 bits.
  double level = descending.front();
  double logs = 0;
  for (std::size_t m = 1; m <= descending.size() && descending[m - 1] > 0; ++m) {
    logs += std::log2(descending[m - 1]);
    level = std::min(descending[m - 1], std::exp2((logs - 2 * bits) / static_cast<double>(m)));
    if (m == descending.size() || level >= descending[m]) break;
  }
  return allocate_at(variances, level);
}

Result<Allocation> allocate_distortion(std::span<const double> variances, double distortion) {
  HOLO_ASSIGN(const std::vector<double> descending, sorted(variances, distortion));
  if (distortion <= 0) {
    return make_error(HOLO_INVALID_ARG,
                      "water-filling needs a distortion above 0: none at all takes infinite rate");
  }
  // With the m largest coded, m t = distortion - sum of the others.
  double rest = 0;
  for (const double variance : descending) rest += variance;
  if (distortion >= rest) return allocate_at(variances, descending.front());
  double level = descending.front();
  for (std::size_t m = 1; m <= descending.size(); ++m) {
    rest -= descending[m - 1];
    level = std::min(descending[m - 1], (distortion - rest) / static_cast<double>(m));
    if (m == descending.size() || level >= descending[m]) break;
  }
  return allocate_at(variances, level);
}

}  // namespace holo::spectral
