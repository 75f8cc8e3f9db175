// The rotation that lays one set of points on another.
// Source: Schoenemann, "A generalized solution of the orthogonal Procrustes problem" (1966):
// with U S V^T = SVD(A^T B), the orthogonal R that minimises |A R - B| is U V^T.
#pragma once

#include "core/base/result.hpp"
#include "core/spectral/matrix.hpp"

namespace holo::spectral {

struct Alignment {
  Matrix rotation;            // cols x cols, orthogonal; reflections are allowed
  double scale = 0;           // tr(S) / |A|^2: minimises |scale A R - B|; 0 if A is zero
  double relative_error = 0;  // |A R - B| / |B| without the scale; 0 if both are zero
};

// Rows of `a` and `b` are corresponding points. INVALID_ARG if the shapes differ or are empty, or
// for numbers that are not finite. Subtract means first if the sets may be shifted.
Result<Alignment> procrustes(const Matrix& a, const Matrix& b);

}  // namespace holo::spectral
