// Both maps are built once from the eigensystem.
#include "core/spectral/whitening.hpp"

#include <string>
#include <utility>

#include "core/spectral/eigen_view.hpp"

namespace holo::spectral {
namespace {

Eigen::Map<const Eigen::RowVectorXd> row(const std::vector<double>& values) {
  return {values.data(), static_cast<Eigen::Index>(values.size())};
}

Status check_columns(const Matrix& samples, std::size_t dimensions) {
  if (samples.cols == dimensions) return {};
  return make_error(HOLO_INVALID_ARG, "whitening: " + std::to_string(dimensions) +
                                          " columns expected, found " +
                                          std::to_string(samples.cols));
}

}  // namespace

Result<Whitening> Whitening::create(const Eigensystem& system, std::vector<double> mean,
                                    WhiteningKind kind, double floor) {
  const std::size_t dim = mean.size();
  if (system.values.size() != dim || system.vectors.rows != dim || system.vectors.cols != dim) {
    return make_error(HOLO_INVALID_ARG, "whitening: the mean has " + std::to_string(dim) +
                                            " dimensions, the eigensystem " +
                                            std::to_string(system.values.size()));
  }
  const Eigen::ArrayXd values = row(system.values).transpose().array() + floor;
  if (!(floor >= 0) || !(values > 0).all()) {
    return make_error(HOLO_INVALID_ARG, "whitening: an eigenvalue is not above 0; raise the floor");
  }
  const auto vectors = view(system.vectors);
  Eigen::MatrixXd forward = values.rsqrt().matrix().asDiagonal() * vectors;
  Eigen::MatrixXd backward = vectors.transpose() * values.sqrt().matrix().asDiagonal();
  if (kind == WhiteningKind::kZca) {
    forward = vectors.transpose() * forward;
    backward = backward * vectors;
  }
  Whitening whitening;
  whitening.mean_ = std::move(mean);
  whitening.forward_ = to_matrix(forward);
  whitening.backward_ = to_matrix(backward);
  return whitening;
}

Result<Matrix> Whitening::apply(const Matrix& samples) const {
  HOLO_TRY(check_columns(samples, mean_.size()));
  return to_matrix((view(samples).rowwise() - row(mean_)) * view(forward_).transpose());
}

Result<Matrix> Whitening::invert(const Matrix& whitened) const {
  HOLO_TRY(check_columns(whitened, mean_.size()));
  return to_matrix((view(whitened) * view(backward_).transpose()).rowwise() + row(mean_));
}

}  // namespace holo::spectral
