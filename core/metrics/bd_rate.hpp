// Bjontegaard's delta rate: how much more one codec needs for the same quality.
#pragma once

#include <span>

#include "core/base/result.hpp"

namespace holo::metrics {

struct RatePoint {
  double rate = 0;     // any unit, above 0: bytes, bits per pixel
  double quality = 0;  // any scale that grows with quality: dB
};

// Percent of rate that `test` needs more (+) or less (-) than `anchor`, averaged over the qualities
// that both reach. log(rate) is interpolated over quality by a piecewise cubic that keeps the
// monotony of the points (Fritsch and Butland 1984) and integrated exactly.
// Points may come in any order. INVALID_ARG: fewer than 2 points, a rate that is not above 0, two
// points of the same quality, or no common range of qualities.
Result<double> bd_rate(std::span<const RatePoint> anchor, std::span<const RatePoint> test);

}  // namespace holo::metrics
