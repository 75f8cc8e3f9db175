// Dimensions of spectra known in closed form, and of samples whose truth is known.
#include "core/spectral/dimension.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "core/spectral/covariance.hpp"
#include "core/spectral/eigensystem.hpp"
#include "core/spectral/explained_variance.hpp"

namespace holo::spectral {
namespace {

// Eigenvalues of the covariance of `count` normal samples with these variances.
std::vector<double> sampled(const std::vector<double>& variances, std::size_t count,
                            std::uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::vector<float> rows;
  for (std::size_t i = 0; i < count; ++i) {
    for (const double v : variances)
      rows.push_back(static_cast<float>(std::sqrt(v) * normal(random)));
  }
  CovarianceAccumulator accumulator(variances.size());
  REQUIRE(accumulator.push(rows, count).ok());
  return eigenvalues(accumulator.covariance()).value();
}

TEST_CASE("a flat spectrum fills all dimensions and a single line fills one, by every measure") {
  const std::vector<double> flat(12, 3.5);
  const std::vector<double> line = {9, 0, 0, 0};
  for (const auto measure : {participation_ratio, effective_rank, entropy_rank}) {
    REQUIRE(measure(flat) == Approx(12));
    REQUIRE(measure(line) == Approx(1));
    REQUIRE(measure({}) == 0);
    REQUIRE(measure(std::vector<double>(3, 0.0)) == 0);
  }
}

TEST_CASE("the three measures of a geometric spectrum are its three closed forms") {
  constexpr double kRatio = 0.5;
  std::vector<double> spectrum;
  for (int i = 0; i < 200; ++i) spectrum.push_back(std::pow(kRatio, i) * 1e200);
  // Shares (1 - r) r^i have squares that add up to (1 - r) / (1 + r), and
  // entropy -ln(1 - r) - r ln r / (1 - r).
  const auto entropy = [](double r) { return -std::log(1 - r) - r * std::log(r) / (1 - r); };
  REQUIRE(participation_ratio(spectrum) == Approx((1 + kRatio) / (1 - kRatio)));
  REQUIRE(entropy_rank(spectrum) == Approx(std::exp(entropy(kRatio))));
  REQUIRE(effective_rank(spectrum) == Approx(std::exp(entropy(std::sqrt(kRatio)))));
  REQUIRE(entropy_rank(spectrum) > participation_ratio(spectrum));
}

TEST_CASE("white noise of 500 samples in 384 dimensions reads 217 and is corrected to 384") {
  const std::vector<double> spectrum = sampled(std::vector<double>(384, 2.0), 500, 5);
  REQUIRE(participation_ratio(spectrum) == Approx(384.0 * 499 / (384 + 499)).epsilon(0.01));
  REQUIRE(participation_ratio_corrected(spectrum, 499) == Approx(384).epsilon(0.02));
}

TEST_CASE("the corrected ratio finds the population's from few samples") {
  std::vector<double> variances;
  for (int i = 0; i < 100; ++i) variances.push_back(std::pow(0.97, i));
  const double truth = participation_ratio(variances);
  double naive = 0;
  double corrected = 0;
  for (std::uint32_t seed = 0; seed < 8; ++seed) {
    const std::vector<double> spectrum = sampled(variances, 60, 100 + seed);
    naive += participation_ratio(spectrum) / 8;
    corrected += participation_ratio_corrected(spectrum, 59) / 8;
  }
  CHECK(naive < 0.65 * truth);
  CHECK(corrected == Approx(truth).epsilon(0.05));
}

TEST_CASE("the corrected ratio is exact for expected moments and stays between 1 and Q") {
  // One dimension: Df is 1 whatever the sample says.
  REQUIRE(participation_ratio_corrected(std::vector<double>{4.0}, 10) == Approx(1));
  REQUIRE(participation_ratio_corrected(std::vector<double>(50, 1.0), 5) == Approx(50));
  REQUIRE(participation_ratio_corrected(std::vector<double>{2.0, 1.0}, 1) == Approx(9.0 / 5));
  // Many samples: the correction vanishes.
  const std::vector<double> spectrum = {5, 4, 3, 2, 1};
  REQUIRE(participation_ratio_corrected(spectrum, 1000000000) ==
          Approx(participation_ratio(spectrum)).epsilon(1e-6));
}

TEST_CASE("features drawn from a population of ten directions give back ten") {
  REQUIRE(participation_ratio_of_population(1 / (1 / 10.0 + 1 / 64.0), 64) == Approx(10));
  REQUIRE(std::isinf(participation_ratio_of_population(64, 64)));
  REQUIRE(participation_ratio_of_population(0, 64) == 0);
}

TEST_CASE("explained variance climbs to one and k for a share is the first to reach it") {
  const std::vector<double> spectrum = {6, 3, 1, -1e-18};
  const std::vector<double> curve = explained_variance(spectrum);
  REQUIRE(curve[0] == Approx(0.6));
  REQUIRE(curve[1] == Approx(0.9));
  REQUIRE(curve[2] == 1.0);
  REQUIRE(curve[3] == 1.0);
  REQUIRE(k_for_variance(spectrum, 0.6) == 1);
  REQUIRE(k_for_variance(spectrum, 0.61) == 2);
  REQUIRE(k_for_variance(spectrum, 0.95) == 3);
  REQUIRE(k_for_variance(spectrum, 1.0) == 3);
  REQUIRE(k_for_variance(std::vector<double>(3, 0.0), 0.95) == 0);
}

}  // namespace
}  // namespace holo::spectral
