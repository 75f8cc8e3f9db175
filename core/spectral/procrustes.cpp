// One SVD of the cross product.
#include "core/spectral/procrustes.hpp"

#include "core/spectral/eigen_view.hpp"

namespace holo::spectral {

Result<Alignment> procrustes(const Matrix& a, const Matrix& b) {
  if (a.rows != b.rows || a.cols != b.cols || a.rows == 0 || a.cols == 0) {
    return make_error(HOLO_INVALID_ARG,
                      "alignment needs two sets of the same number of points and "
                      "dimensions");
  }
  if (!view(a).allFinite() || !view(b).allFinite()) {
    return make_error(HOLO_INVALID_ARG, "alignment needs finite numbers");
  }
  const Eigen::MatrixXd cross = view(a).transpose() * view(b);
  const Eigen::JacobiSVD<Eigen::MatrixXd> svd(cross, Eigen::ComputeFullU | Eigen::ComputeFullV);
  const Eigen::MatrixXd rotation = svd.matrixU() * svd.matrixV().transpose();
  Alignment alignment;
  alignment.rotation = to_matrix(rotation);
  const double energy = view(a).squaredNorm();
  if (energy > 0) alignment.scale = svd.singularValues().sum() / energy;
  const double error = (view(a) * rotation - view(b)).norm();
  const double norm = view(b).norm();
  alignment.relative_error = norm > 0 ? error / norm : (error > 0 ? 1 : 0);
  return alignment;
}

}  // namespace holo::spectral
