// Linear maps that give data unit covariance, and back.
#pragma once

#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "core/spectral/eigensystem.hpp"

namespace holo::spectral {

// PCA whitening turns into the eigenbasis: diag(l + floor)^(-1/2) V. ZCA turns back into the
// original axes and so stays as near to the data as a whitening can: V^T diag(l + floor)^(-1/2) V
// (Bell and Sejnowski, "The independent components of natural scenes are edge filters", 1997).
enum class WhiteningKind { kPca, kZca };

class Whitening {
 public:
  // `floor` >= 0 is added to every eigenvalue; INVALID_ARG if some sum is not above 0 or sizes
  // do not fit.
  static Result<Whitening> create(const Eigensystem& system, std::vector<double> mean,
                                  WhiteningKind kind, double floor);
  // Rows are samples; as many columns as dimensions, or INVALID_ARG.
  [[nodiscard]] Result<Matrix> apply(const Matrix& samples) const;
  [[nodiscard]] Result<Matrix> invert(const Matrix& whitened) const;

 private:
  std::vector<double> mean_;
  Matrix forward_;   // whitened = forward * (x - mean)
  Matrix backward_;  // x = backward * whitened + mean
};

}  // namespace holo::spectral
