// Covariance of rows that arrive in blocks, kept about a running mean in float64.
// Merging formula: Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for computing
// sample variances" (1979), for matrices: M = M_a + M_b + d d^T n_a n_b / (n_a + n_b).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "core/spectral/matrix.hpp"

namespace holo::spectral {

// Needs 8 * dimensions^2 bytes. One thread at a time; merge the accumulators of several threads.
class CovarianceAccumulator {
 public:
  explicit CovarianceAccumulator(std::size_t dimensions);

  // `count` rows of dimensions() values each, one after the other. INVALID_ARG if rows.size() is
  // not their product, or if a value is NaN or infinite (nothing is then taken).
  Status push(std::span<const float> rows, std::size_t count);
  // INVALID_ARG if the dimensions differ.
  Status merge(const CovarianceAccumulator& other);

  [[nodiscard]] std::size_t dimensions() const { return mean_.size(); }
  [[nodiscard]] std::uint64_t samples() const { return samples_; }
  [[nodiscard]] const std::vector<double>& mean() const { return mean_; }
  // Sum over samples of (x - mean)(x - mean)^T, divided by samples - 1. Zero below two samples.
  [[nodiscard]] Matrix covariance() const;
  // Sum over samples of x x^T, divided by samples. Zero without samples.
  [[nodiscard]] Matrix second_moment() const;

 private:
  void push_block(const float* rows, std::size_t count);
  void join(const std::vector<double>& mean, const Matrix& scatter, std::uint64_t samples);

  std::uint64_t samples_ = 0;
  std::vector<double> mean_;
  Matrix scatter_;  // sum of (x - mean)(x - mean)^T
};

}  // namespace holo::spectral
