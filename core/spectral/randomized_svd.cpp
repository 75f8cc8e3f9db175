// Random signs span the range, QR keeps it orthonormal, a small exact SVD finishes.
#include "core/spectral/randomized_svd.hpp"

#include <algorithm>
#include <random>

#include "core/spectral/eigen_view.hpp"

namespace holo::spectral {
namespace {

Eigen::MatrixXd orthonormal(const Eigen::MatrixXd& columns) {
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(columns);
  return qr.householderQ() * Eigen::MatrixXd::Identity(columns.rows(), columns.cols());
}

// Signs rather than normal numbers: as good here, and the same in every standard library.
Eigen::MatrixXd random_signs(Eigen::Index rows, Eigen::Index cols, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Eigen::MatrixXd signs(rows, cols);
  for (Eigen::Index i = 0; i < signs.size(); ++i) signs.data()[i] = (random() >> 63) != 0 ? 1 : -1;
  return signs;
}

}  // namespace

Result<Svd> randomized_svd(const Matrix& matrix, std::size_t rank,
                           const RandomizedSvdOptions& options) {
  if (matrix.rows == 0 || matrix.cols == 0 || rank == 0) {
    return make_error(HOLO_INVALID_ARG,
                      "a singular value decomposition needs rows, columns and a "
                      "rank of at least 1");
  }
  const auto a = view(matrix);
  if (!a.allFinite()) {
    return make_error(HOLO_INVALID_ARG, "a singular value decomposition needs finite numbers");
  }
  const std::size_t most = std::min(matrix.rows, matrix.cols);
  const std::size_t kept = std::min(rank, most);
  const auto width = static_cast<Eigen::Index>(kept + std::min(options.oversampling, most - kept));
  Eigen::MatrixXd range = orthonormal(a * random_signs(a.cols(), width, options.seed));
  for (int i = 0; i < options.power_iterations; ++i) {
    const Eigen::MatrixXd back = orthonormal(a.transpose() * range);
    range = orthonormal(a * back);
  }
  const Eigen::MatrixXd small = range.transpose() * a;
  const Eigen::JacobiSVD<Eigen::MatrixXd, Eigen::HouseholderQRPreconditioner> svd(
      small.transpose(), Eigen::ComputeThinU | Eigen::ComputeThinV);
  const auto k = static_cast<Eigen::Index>(kept);
  Svd out;
  out.left = to_matrix(range * svd.matrixV().leftCols(k));
  out.right = to_matrix(svd.matrixU().leftCols(k).transpose());
  const Eigen::VectorXd singular = svd.singularValues().head(k);
  out.singular.assign(singular.data(), singular.data() + k);
  return out;
}

}  // namespace holo::spectral
