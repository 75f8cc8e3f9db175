// Budgets that have answers by hand, and the law that both directions agree.
#include "core/spectral/water_filling.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <numeric>

namespace holo::spectral {
namespace {

double sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

TEST_CASE("two bits over variances 16 and 1 all go to the first") {
  const std::vector<double> variances = {1, 16};
  const Allocation two = allocate_rate(variances, 2).value();
  REQUIRE(two.level == Approx(1));
  REQUIRE(two.rates[1] == Approx(2));
  REQUIRE(two.rates[0] == Approx(0).margin(1e-12));
  const Allocation four = allocate_rate(variances, 4).value();
  REQUIRE(four.level == Approx(0.25));
  REQUIRE(four.rates[0] == Approx(1));
  REQUIRE(four.rates[1] == Approx(3));
}

TEST_CASE("rate and distortion budgets are two views of one level") {
  const std::vector<double> variances = {0.3, 9, 0, 2.5, 1, 40, 1e-9};
  for (const double bits : {0.0, 0.5, 1.0, 3.0, 10.0, 60.0}) {
    const Allocation by_rate = allocate_rate(variances, bits).value();
    REQUIRE(sum(by_rate.rates) == Approx(bits).margin(1e-9));
    const double distortion = sum(by_rate.distortions);
    const Allocation by_distortion = allocate_distortion(variances, distortion).value();
    REQUIRE(sum(by_distortion.distortions) == Approx(distortion));
    REQUIRE(sum(by_distortion.rates) == Approx(bits).margin(1e-6));
  }
}

TEST_CASE("a distortion of all the variance costs nothing") {
  const std::vector<double> variances = {2, 1};
  const Allocation all = allocate_distortion(variances, 5).value();
  REQUIRE(sum(all.rates) == 0);
  REQUIRE(sum(all.distortions) == Approx(3));
  const std::vector<double> zeros = {0, 0};
  REQUIRE(sum(allocate_rate(zeros, 3).value().rates) == 0);
}

TEST_CASE("water-filling refuses variances and budgets below zero or not finite") {
  const std::vector<double> bad = {1, -1};
  const std::vector<double> good = {1};
  REQUIRE(allocate_rate(bad, 1).error().code == HOLO_INVALID_ARG);
  REQUIRE(allocate_rate({}, 1).error().code == HOLO_INVALID_ARG);
  REQUIRE(allocate_rate(good, std::numeric_limits<double>::quiet_NaN()).error().code ==
          HOLO_INVALID_ARG);
  REQUIRE(allocate_distortion(good, 0).error().code == HOLO_INVALID_ARG);
}

}  // namespace
}  // namespace holo::spectral
