// Where on a grid a rising function passes a threshold, in few evaluations.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

namespace holo::jobs {

// The function is an encode at each of `count` values of a parameter; what is told of a trial is
// how far it lies from the threshold. Interpolates between the two trials that bracket the
// crossing, but never so greedily that the trials left could not finish by halving.
class RateSearch {
 public:
  static constexpr int kMostTrials = 9;
  // The longest grid that so many trials always resolve.
  static constexpr std::int64_t kLongestGrid = (std::int64_t{1} << kMostTrials) - 1;

  // `count` is 1..kLongestGrid; `guess` is tried first if that leaves enough trials for the rest.
  RateSearch(std::int64_t count, std::int64_t guess) : above_(count), guess_(guess) {}

  // The index to try next; empty when the crossing is known.
  [[nodiscard]] std::optional<std::int64_t> next() const;
  // `distance` < 0: below the threshold. The nearer it is to linear in the index, the fewer trials
  // follow; infinite where nothing can be said.
  void tell(std::int64_t index, double distance);

  [[nodiscard]] int trials() const { return trials_; }
  // The highest index known to lie below the threshold (-1: none) and the lowest at or above it
  // (count: none). Next to each other at the end.
  [[nodiscard]] std::int64_t below() const { return below_; }
  [[nodiscard]] std::int64_t above() const { return above_; }

 private:
  std::int64_t below_ = -1;
  std::int64_t above_;
  std::int64_t guess_;
  double distance_below_ = -std::numeric_limits<double>::infinity();
  double distance_above_ = std::numeric_limits<double>::infinity();
  int trials_ = 0;
};

}  // namespace holo::jobs
