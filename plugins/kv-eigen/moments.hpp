// Second moments of wide rows, multiplied out in batches and summed in float64.
#pragma once

#include <cstdint>
#include <vector>

#include "plugins/kv-eigen/multiply.hpp"

namespace holo::kv_eigen {

// 8 bytes a pair of dimensions, 12 while a batch is multiplied out. One thread at a time; the
// products run in `loop`.
class Moments {
 public:
  Moments(std::size_t dimensions, Loop loop);
  void push(const float* row);
  void flush();  // takes in what waits; before what follows is read

  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  [[nodiscard]] std::vector<double> mean() const;
  [[nodiscard]] double mean_square() const;  // of all values
  // Symmetric {dimensions, dimensions}: mean of x x', and that minus mean mean'.
  [[nodiscard]] std::vector<double> second_moment() const;
  [[nodiscard]] std::vector<double> covariance() const;

 private:
  [[nodiscard]] std::vector<double> about(const std::vector<double>& left) const;

  std::size_t dimensions_;
  Loop loop_;
  std::uint64_t rows_ = 0;
  std::vector<float> origin_;  // mean of the first batch: rows are taken less it
  std::vector<double> sum_;
  std::vector<double> products_;  // lower triangle
  std::vector<float> batch_;
};

}  // namespace holo::kv_eigen
