// BD-rate against SciPy's PchipInterpolator, and by hand.
#include "core/metrics/bd_rate.hpp"

#include <catch2/catch.hpp>
#include <limits>
#include <vector>

using namespace holo;
using namespace holo::metrics;

namespace {
const std::vector<RatePoint> kAnchor = {{100, 30}, {200, 33}, {400, 36.5}, {800, 39}};
const std::vector<RatePoint> kTest = {{90, 30.5}, {170, 33.2}, {330, 36}, {700, 39.5}};
}  // namespace

TEST_CASE("BD-rate agrees with SciPy, whatever the order of the points") {
  CHECK(*bd_rate(kAnchor, kTest) == Approx(-14.979162886659).epsilon(1e-10));
  const std::vector<RatePoint> reversed(kTest.rbegin(), kTest.rend());
  CHECK(*bd_rate(kAnchor, reversed) == *bd_rate(kAnchor, kTest));
  // Two points are a straight line; a curve that turns back keeps its turning point.
  CHECK(*bd_rate(std::span(kAnchor).first(2), std::span(kTest).first(2)) ==
        Approx(-19.366591685082).epsilon(1e-10));
  const std::vector<RatePoint> turning = {
      {100, 30}, {200, 33}, {180, 36.5}, {800, 39}, {1500, 39.2}};
  CHECK(*bd_rate(turning, kTest) == Approx(15.830556994497).epsilon(1e-10));
}

TEST_CASE("a curve costs nothing against itself, and ten percent more is ten percent") {
  CHECK(*bd_rate(kAnchor, kAnchor) == Approx(0).margin(1e-10));
  auto dearer = kAnchor;
  for (auto& point : dearer) point.rate *= 1.1;
  CHECK(*bd_rate(kAnchor, dearer) == Approx(10).epsilon(1e-10));
}

TEST_CASE("BD-rate refuses what has no answer") {
  const std::vector<RatePoint> one = {{1, 30}};
  const std::vector<RatePoint> zero = {{0, 30}, {1, 31}};
  const std::vector<RatePoint> lossless = {{1, 30}, {2, std::numeric_limits<double>::infinity()}};
  const std::vector<RatePoint> same = {{1, 30}, {2, 30}};
  const std::vector<RatePoint> apart = {{1, 50}, {2, 60}};
  for (const auto& bad : {one, zero, lossless, same, apart}) {
    CHECK(bd_rate(kAnchor, bad).error().code == HOLO_INVALID_ARG);
  }
}
