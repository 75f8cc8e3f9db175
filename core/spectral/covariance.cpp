// Each block is centred on its own mean before it is multiplied out, then merged.
#include "core/spectral/covariance.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/spectral/eigen_view.hpp"

namespace holo::spectral {
namespace {

constexpr std::size_t kBlockRows = 512;

}  // namespace

CovarianceAccumulator::CovarianceAccumulator(std::size_t dimensions)
    : mean_(dimensions, 0.0), scatter_(dimensions, dimensions) {}

Status CovarianceAccumulator::push(std::span<const float> rows, std::size_t count) {
  const std::size_t dim = dimensions();
  if (rows.size() != count * dim) {
    return make_error(HOLO_INVALID_ARG, "covariance: " + std::to_string(count) + " rows of " +
                                            std::to_string(dim) + " values expected, found " +
                                            std::to_string(rows.size()) + " values");
  }
  const auto bad =
      std::find_if(rows.begin(), rows.end(), [](float v) { return !std::isfinite(v); });
  if (bad != rows.end()) {
    return make_error(HOLO_INVALID_ARG, "covariance: value " + std::to_string(bad - rows.begin()) +
                                            " is not a finite number; remove such rows first");
  }
  for (std::size_t first = 0; first < count; first += kBlockRows) {
    push_block(rows.data() + first * dim, std::min(kBlockRows, count - first));
  }
  return {};
}

void CovarianceAccumulator::push_block(const float* rows, std::size_t count) {
  const auto dim = static_cast<Eigen::Index>(dimensions());
  using Block = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::Map<const Block> block(rows, static_cast<Eigen::Index>(count), dim);
  RowMajor centred = block.cast<double>();
  const Eigen::RowVectorXd mean = centred.colwise().mean();
  centred.rowwise() -= mean;
  Matrix scatter(dimensions(), dimensions());
  view(scatter).selfadjointView<Eigen::Lower>().rankUpdate(centred.transpose());
  join({mean.data(), mean.data() + dim}, scatter, count);
}

Status CovarianceAccumulator::merge(const CovarianceAccumulator& other) {
  if (other.dimensions() != dimensions()) {
    return make_error(HOLO_INVALID_ARG, "covariance: cannot merge " +
                                            std::to_string(other.dimensions()) +
                                            " dimensions into " + std::to_string(dimensions()));
  }
  if (&other == this) {
    scatter_.data = to_matrix(2 * view(scatter_)).data;
    samples_ *= 2;
    return {};
  }
  join(other.mean_, other.scatter_, other.samples_);
  return {};
}

void CovarianceAccumulator::join(const std::vector<double>& mean, const Matrix& scatter,
                                 std::uint64_t samples) {
  if (samples == 0) return;
  const auto dim = static_cast<Eigen::Index>(dimensions());
  const Eigen::Map<const Eigen::VectorXd> theirs(mean.data(), dim);
  Eigen::Map<Eigen::VectorXd> ours(mean_.data(), dim);
  const auto total = static_cast<double>(samples_ + samples);
  const double share = static_cast<double>(samples) / total;
  const Eigen::VectorXd difference = theirs - ours;
  auto sum = view(scatter_);
  sum += view(scatter);
  sum.selfadjointView<Eigen::Lower>().rankUpdate(difference, static_cast<double>(samples_) * share);
  ours += difference * share;
  samples_ += samples;
}

Matrix CovarianceAccumulator::covariance() const {
  Matrix out(dimensions(), dimensions());
  if (samples_ < 2) return out;
  view(out) = view(scatter_).selfadjointView<Eigen::Lower>();
  view(out) /= static_cast<double>(samples_ - 1);
  return out;
}

Matrix CovarianceAccumulator::second_moment() const {
  Matrix out(dimensions(), dimensions());
  if (samples_ == 0) return out;
  const Eigen::Map<const Eigen::VectorXd> mean(mean_.data(),
                                               static_cast<Eigen::Index>(dimensions()));
  view(out) = view(scatter_).selfadjointView<Eigen::Lower>();
  view(out) /= static_cast<double>(samples_);
  view(out) += mean * mean.transpose();
  return out;
}

}  // namespace holo::spectral
