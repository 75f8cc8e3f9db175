// Tridiagonal QL by Eigen, sorted, with the sign of each vector made unique.
#include "core/spectral/eigensystem.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/spectral/eigen_view.hpp"

namespace holo::spectral {
namespace {

Status check(const Matrix& symmetric) {
  if (symmetric.rows != symmetric.cols || symmetric.rows == 0) {
    return make_error(HOLO_INVALID_ARG, "eigenvalues need a square matrix, found " +
                                            std::to_string(symmetric.rows) + " x " +
                                            std::to_string(symmetric.cols));
  }
  if (!view(symmetric).allFinite()) {
    return make_error(HOLO_INVALID_ARG, "eigenvalues need finite numbers throughout the matrix");
  }
  return {};
}

Result<Eigensystem> solve(const Matrix& symmetric, bool with_vectors) {
  HOLO_TRY(check(symmetric));
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(
      Eigen::MatrixXd(view(symmetric)),
      with_vectors ? Eigen::ComputeEigenvectors : Eigen::EigenvaluesOnly);
  if (solver.info() != Eigen::Success) {
    return make_error(HOLO_INTERNAL, "the eigenvalue iteration did not converge");
  }
  Eigensystem system;
  const Eigen::VectorXd values = solver.eigenvalues().reverse();
  system.values.assign(values.data(), values.data() + values.size());
  if (!with_vectors) return system;
  system.vectors = to_matrix(solver.eigenvectors().transpose().colwise().reverse());
  auto rows = view(system.vectors);
  for (Eigen::Index i = 0; i < rows.rows(); ++i) {
    Eigen::Index largest = 0;
    rows.row(i).cwiseAbs().maxCoeff(&largest);
    if (rows(i, largest) < 0) rows.row(i) = -rows.row(i);
  }
  return system;
}

}  // namespace

Result<Eigensystem> eigensystem(const Matrix& symmetric) { return solve(symmetric, true); }

Result<std::vector<double>> eigenvalues(const Matrix& symmetric) {
  HOLO_ASSIGN(Eigensystem system, solve(symmetric, false));
  return std::move(system.values);
}

}  // namespace holo::spectral
