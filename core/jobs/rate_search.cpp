// Interpolation, kept within what bisection could still finish.
#include "core/jobs/rate_search.hpp"

#include <algorithm>
#include <cmath>

namespace holo::jobs {

std::optional<std::int64_t> RateSearch::next() const {
  if (above_ - below_ <= 1 || trials_ >= kMostTrials) return std::nullopt;
  std::int64_t index = below_ + (above_ - below_) / 2;
  if (trials_ == 0) {
    index = guess_;
  } else if (std::isfinite(distance_below_) && std::isfinite(distance_above_)) {
    const double share = distance_below_ / (distance_below_ - distance_above_);
    index =
        below_ + static_cast<std::int64_t>(std::ceil(share * static_cast<double>(above_ - below_)));
  }
  // Whatever this trial says, the trials after it must resolve what is left on either side.
  const std::int64_t reach = std::int64_t{1} << (kMostTrials - trials_ - 1);
  index =
      std::clamp(index, std::max(below_ + 1, above_ - reach), std::min(above_ - 1, below_ + reach));
  return index;
}

void RateSearch::tell(std::int64_t index, double distance) {
  ++trials_;
  if (distance < 0) {
    below_ = index;
    distance_below_ = distance;
  } else {
    above_ = index;
    distance_above_ = distance;
  }
}

}  // namespace holo::jobs
