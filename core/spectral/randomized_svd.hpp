// The leading singular triplets of a large matrix by random projection.
// Source: Halko, Martinsson, Tropp, "Finding structure with randomness" (2011),
// algorithms 4.4, 5.1.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/result.hpp"
#include "core/spectral/matrix.hpp"

namespace holo::spectral {

struct RandomizedSvdOptions {
  std::size_t oversampling = 10;
  int power_iterations = 2;  // each squares the gap between singular values
  std::uint64_t seed = 1;    // the same seed gives the same result
};

struct Svd {
  Matrix left;                   // rows x k, columns of unit length
  std::vector<double> singular;  // k, descending
  Matrix right;                  // k x cols, rows of unit length
};

// The `rank` leading triplets, at most min(rows, cols). INVALID_ARG for an empty matrix, rank 0 or
// numbers that are not finite.
Result<Svd> randomized_svd(const Matrix& matrix, std::size_t rank,
                           const RandomizedSvdOptions& options = {});

}  // namespace holo::spectral
