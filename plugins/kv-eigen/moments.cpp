// Products of a batch are exact enough in f32 because rows are centred on the first batch.
#include "plugins/kv-eigen/moments.hpp"

#include <algorithm>
#include <cmath>

namespace holo::kv_eigen {
namespace {
constexpr std::size_t kBatch = 256;
}

Moments::Moments(std::size_t dimensions, Loop loop)
    : dimensions_(dimensions), loop_(std::move(loop)), sum_(dimensions) {}

void Moments::push(const float* row) {
  batch_.insert(batch_.end(), row, row + dimensions_);
  if (batch_.size() == kBatch * dimensions_) flush();
}

void Moments::flush() {
  const std::size_t count = batch_.size() / dimensions_;
  if (count == 0) return;
  if (origin_.empty()) {
    std::vector<double> mean(dimensions_);
    for (std::size_t i = 0; i < batch_.size(); ++i) mean[i % dimensions_] += batch_[i];
    for (const double m : mean)
      origin_.push_back(static_cast<float>(m / static_cast<double>(count)));
    products_.resize(dimensions_ * dimensions_);
  }
  for (std::size_t r = 0; r < count; ++r) {
    float* row = batch_.data() + r * dimensions_;
    for (std::size_t i = 0; i < dimensions_; ++i) {
      row[i] -= origin_[i];
      sum_[i] += row[i];
    }
  }
  std::vector<float> product(dimensions_ * dimensions_);
  const MatrixRef rows{batch_.data(), dimensions_};
  multiply(dimensions_, dimensions_, count, rows.transposed(), rows, product.data(), dimensions_,
           loop_, true);
  for (std::size_t i = 0; i < dimensions_; ++i) {
    double* to = products_.data() + i * dimensions_;
    const float* from = product.data() + i * dimensions_;
    for (std::size_t j = 0; j <= i; ++j) to[j] += from[j];
  }
  rows_ += count;
  batch_.clear();
}

std::vector<double> Moments::mean() const {
  std::vector<double> mean(dimensions_);
  if (rows_ == 0) return mean;
  for (std::size_t i = 0; i < dimensions_; ++i) {
    mean[i] = origin_[i] + sum_[i] / static_cast<double>(rows_);
  }
  return mean;
}

// The mean of (x - m + l)(x - m + l)' with m the mean of x: l = 0 gives the covariance.
std::vector<double> Moments::about(const std::vector<double>& left) const {
  std::vector<double> out(dimensions_ * dimensions_);
  if (rows_ == 0) return out;
  const auto count = static_cast<double>(rows_);
  for (std::size_t i = 0; i < dimensions_; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      const double value = products_[i * dimensions_ + j] / count -
                           sum_[i] / count * (sum_[j] / count) + left[i] * left[j];
      out[i * dimensions_ + j] = out[j * dimensions_ + i] = value;
    }
  }
  return out;
}

double Moments::mean_square() const {
  if (rows_ == 0) return 0;
  const std::vector<double> m = mean();
  const auto count = static_cast<double>(rows_);
  double sum = 0;
  for (std::size_t i = 0; i < dimensions_; ++i) {
    sum += products_[i * dimensions_ + i] / count - std::pow(sum_[i] / count, 2) + m[i] * m[i];
  }
  return sum / static_cast<double>(dimensions_);
}

std::vector<double> Moments::covariance() const { return about(std::vector<double>(dimensions_)); }
std::vector<double> Moments::second_moment() const { return about(mean()); }

}  // namespace holo::kv_eigen
