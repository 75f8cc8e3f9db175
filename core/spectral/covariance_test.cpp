// The accumulator against the definition, far from zero, in pieces and merged.
#include "core/spectral/covariance.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <random>

namespace holo::spectral {
namespace {

std::vector<float> samples(std::size_t count, std::size_t dim, float offset, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<float> rows(count * dim);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const float noise = static_cast<float>(random() >> 8) / (1 << 24);
    rows[i] = offset + noise + (i % dim > 0 ? 0.5f * (rows[i - 1] - offset) : 0.0f);
  }
  return rows;
}

// Two passes in long double.
Matrix by_definition(const std::vector<float>& rows, std::size_t dim) {
  const std::size_t count = rows.size() / dim;
  std::vector<long double> mean(dim, 0);
  for (std::size_t i = 0; i < rows.size(); ++i) mean[i % dim] += rows[i];
  for (long double& value : mean) value /= static_cast<long double>(count);
  Matrix out(dim, dim);
  for (std::size_t a = 0; a < dim; ++a) {
    for (std::size_t b = 0; b < dim; ++b) {
      long double sum = 0;
      for (std::size_t i = 0; i < count; ++i) {
        sum += (rows[i * dim + a] - mean[a]) * (rows[i * dim + b] - mean[b]);
      }
      out.at(a, b) = static_cast<double>(sum / static_cast<long double>(count - 1));
    }
  }
  return out;
}

TEST_CASE("covariance equals its definition for data far from zero, however it is cut") {
  constexpr std::size_t kDim = 7;
  const std::vector<float> rows = samples(1500, kDim, 10000.0f, 4);
  const Matrix expected = by_definition(rows, kDim);
  CovarianceAccumulator whole(kDim), first(kDim), second(kDim);
  REQUIRE(whole.push(rows, 1500).ok());
  const std::span<const float> all(rows);
  REQUIRE(first.push(all.first(1 * kDim), 1).ok());
  REQUIRE(first.push(all.subspan(1 * kDim, 700 * kDim), 700).ok());
  REQUIRE(second.push(all.subspan(701 * kDim), 799).ok());
  REQUIRE(first.merge(second).ok());
  REQUIRE(first.samples() == 1500);
  for (std::size_t i = 0; i < kDim * kDim; ++i) {
    REQUIRE(whole.covariance().data[i] == Approx(expected.data[i]).epsilon(1e-7).margin(1e-9));
    REQUIRE(first.covariance().data[i] == Approx(expected.data[i]).epsilon(1e-7).margin(1e-9));
  }
}

TEST_CASE("second moment is taken about zero") {
  CovarianceAccumulator accumulator(2);
  const std::vector<float> rows = {1, 2, 3, 4};
  REQUIRE(accumulator.push(rows, 2).ok());
  const Matrix moment = accumulator.second_moment();
  REQUIRE(moment.at(0, 0) == Approx(5));
  REQUIRE(moment.at(0, 1) == Approx(7));
  REQUIRE(moment.at(1, 0) == Approx(7));
  REQUIRE(moment.at(1, 1) == Approx(10));
}

TEST_CASE("covariance merges with itself as with a copy and refuses what does not fit") {
  CovarianceAccumulator accumulator(2), copy(2), other(3);
  const std::vector<float> rows = {1, 2, 3, 5, 0, 1};
  REQUIRE(accumulator.push(rows, 3).ok());
  copy = accumulator;
  REQUIRE(copy.merge(accumulator).ok());
  REQUIRE(accumulator.merge(accumulator).ok());
  REQUIRE(accumulator.samples() == 6);
  for (std::size_t i = 0; i < 4; ++i) {
    REQUIRE(accumulator.covariance().data[i] == Approx(copy.covariance().data[i]));
  }
  REQUIRE(accumulator.merge(other).error().code == HOLO_INVALID_ARG);
  REQUIRE(accumulator.push(rows, 2).error().code == HOLO_INVALID_ARG);
  std::vector<float> bad = rows;
  bad[3] = std::numeric_limits<float>::quiet_NaN();
  REQUIRE(accumulator.push(bad, 3).error().code == HOLO_INVALID_ARG);
  REQUIRE(accumulator.samples() == 6);
}

TEST_CASE("covariance of fewer than two samples is zero") {
  CovarianceAccumulator accumulator(2);
  REQUIRE(accumulator.covariance().data == std::vector<double>(4, 0.0));
  const std::vector<float> row = {3, 4};
  REQUIRE(accumulator.push(row, 1).ok());
  REQUIRE(accumulator.covariance().data == std::vector<double>(4, 0.0));
  REQUIRE(accumulator.mean() == std::vector<double>{3, 4});
}

}  // namespace
}  // namespace holo::spectral
