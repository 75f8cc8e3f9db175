// Eigen's view of a Matrix; included by the .cpp files of this room only.
#pragma once

#include <Eigen/Dense>

#include "core/spectral/matrix.hpp"

namespace holo::spectral {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

inline Eigen::Map<const RowMajor> view(const Matrix& matrix) {
  return {matrix.data.data(), static_cast<Eigen::Index>(matrix.rows),
          static_cast<Eigen::Index>(matrix.cols)};
}

inline Eigen::Map<RowMajor> view(Matrix& matrix) {
  return {matrix.data.data(), static_cast<Eigen::Index>(matrix.rows),
          static_cast<Eigen::Index>(matrix.cols)};
}

template <class Expression>
Matrix to_matrix(const Eigen::MatrixBase<Expression>& expression) {
  Matrix matrix(static_cast<std::size_t>(expression.rows()),
                static_cast<std::size_t>(expression.cols()));
  view(matrix) = expression;
  return matrix;
}

}  // namespace holo::spectral
