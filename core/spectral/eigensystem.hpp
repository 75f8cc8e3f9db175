// Eigenvalues and eigenvectors of a symmetric matrix, largest first.
#pragma once

#include <vector>

#include "core/base/result.hpp"
#include "core/spectral/matrix.hpp"

namespace holo::spectral {

struct Eigensystem {
  std::vector<double> values;  // descending
  Matrix vectors;              // row i belongs to values[i]; unit length, largest entry positive
};

// Reads the lower triangle. INVALID_ARG if the matrix is not square or holds NaN or infinity.
Result<Eigensystem> eigensystem(const Matrix& symmetric);
// Only the values, about three times as fast.
Result<std::vector<double>> eigenvalues(const Matrix& symmetric);

}  // namespace holo::spectral
