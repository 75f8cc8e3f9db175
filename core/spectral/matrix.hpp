// A plain row-major matrix of doubles, so that Eigen stays inside the .cpp files of this room.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace holo::spectral {

struct Matrix {
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::vector<double> data;  // rows * cols

  Matrix() = default;
  Matrix(std::size_t row_count, std::size_t col_count)
      : rows(row_count), cols(col_count), data(row_count * col_count, 0.0) {}

  [[nodiscard]] double& at(std::size_t row, std::size_t col) { return data[row * cols + col]; }
  [[nodiscard]] double at(std::size_t row, std::size_t col) const { return data[row * cols + col]; }
  [[nodiscard]] std::span<const double> row(std::size_t index) const {
    return {data.data() + index * cols, cols};
  }
};

}  // namespace holo::spectral
