// The search: always within its trials, always next to the crossing, whatever the curve.
#include "core/jobs/rate_search.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <functional>

using holo::jobs::RateSearch;

namespace {

// Runs to the end and checks what every search must keep.
RateSearch searched(std::int64_t count, std::int64_t guess,
                    const std::function<double(std::int64_t)>& distance) {
  RateSearch search(count, guess);
  while (const auto index = search.next()) {
    REQUIRE(*index > search.below());
    REQUIRE(*index < search.above());
    search.tell(*index, distance(*index));
    REQUIRE(search.trials() <= RateSearch::kMostTrials);
  }
  REQUIRE(search.above() - search.below() == 1);
  return search;
}

}  // namespace

TEST_CASE("every crossing of every grid is found") {
  for (const std::int64_t count : {1, 2, 3, 101, 401, 511}) {
    for (std::int64_t crossing = 0; crossing <= count; crossing += count > 101 ? 7 : 1) {
      CAPTURE(count, crossing);
      const auto linear = [&](std::int64_t i) { return static_cast<double>(i - crossing); };
      CHECK(searched(count, count / 2, linear).above() == crossing);
      // A curve that misleads interpolation: flat, then a cliff.
      const auto cliff = [&](std::int64_t i) { return i < crossing ? -1e-9 : 1e9; };
      CHECK(searched(count, 0, cliff).above() == crossing);
      const auto unknown = [&](std::int64_t i) { return i < crossing ? -INFINITY : INFINITY; };
      CHECK(searched(count, count - 1, unknown).above() == crossing);
    }
  }
}

TEST_CASE("a straight line needs few trials") {
  const auto line = [](std::int64_t i) { return 0.31 * (static_cast<double>(i) - 77.4); };
  CHECK(searched(101, 50, line).trials() <= 5);
}
