// Alternates between fitting and assigning, in batches that keep to the cache.
#include "plugins/holo-image/deep/train/class_trainer.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace holo::image::deep {
namespace {

using Eigen::Index;
using Eigen::MatrixXf;
using Eigen::VectorXf;

constexpr Index kBatch = 2048;

// Directed blocks by the angle of their gradient, the others by their activity.
int starting_class(const MatrixXf& blocks, Index sample, int side, int classes) {
  if (classes == 1) return 0;
  double xx = 0, yy = 0, xy = 0;
  for (int y = 0; y < side - 1; ++y)
    for (int x = 0; x < side - 1; ++x) {
      const int i = y * side + x;
      const double gx = blocks(i + 1, sample) - blocks(i, sample);
      const double gy = blocks(i + side, sample) - blocks(i, sample);
      xx += gx * gx;
      yy += gy * gy;
      xy += gx * gy;
    }
  const double coherence = std::sqrt((xx - yy) * (xx - yy) + 4 * xy * xy) / (xx + yy + 1e-3);
  const int directed = classes > 4 ? classes - std::max(2, classes / 5) : classes - 1;
  if (coherence > 0.35 || classes <= 2) {
    const double turn = 0.5 * std::atan2(2 * xy, xx - yy) / M_PI + 0.5;
    return std::min(directed - 1, int(turn * directed));
  }
  const double activity = std::log2((xx + yy) / (side * side) + 1) / 8;
  return std::min(classes - 1, directed + std::max(0, int(activity * (classes - directed))));
}

void fit_predictor(const MatrixXf& blocks, const MatrixXf& rings, TrainedClass& out) {
  MatrixXf gram = MatrixXf::Zero(rings.rows(), rings.rows());
  gram.selfadjointView<Eigen::Lower>().rankUpdate(rings);
  gram = MatrixXf(gram.selfadjointView<Eigen::Lower>());
  gram.diagonal().array() += float(rings.cols()) * 20 + gram.trace() / float(rings.rows()) * 1e-4f;
  out.predictor = gram.ldlt().solve(rings * blocks.transpose()).transpose();
}

void fit_basis(const MatrixXf& left, TrainedClass& out) {
  // Weighted so that a few strong blocks do not choose the basis.
  const VectorXf weight =
      (left.colwise().squaredNorm().array() / float(left.rows()) + 30.0f).rsqrt().transpose();
  const MatrixXf weighted = left * weight.asDiagonal();
  MatrixXf covariance = MatrixXf::Zero(left.rows(), left.rows());
  covariance.selfadjointView<Eigen::Lower>().rankUpdate(weighted);
  covariance /= float(left.cols());
  const Eigen::SelfAdjointEigenSolver<MatrixXf> solver(covariance);
  out.basis = solver.eigenvectors().rowwise().reverse();
}

void order_by_energy(const MatrixXf& left, TrainedClass& out) {
  const MatrixXf cosines = cosine_basis(int(std::lround(std::sqrt(double(left.rows())))));
  const VectorXf energy = (cosines.transpose() * left).cwiseAbs().rowwise().mean();
  std::vector<int> order(std::size_t(left.rows()));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return energy(a) > energy(b); });
  out.basis.resize(left.rows(), left.rows());
  for (std::size_t k = 0; k < order.size(); ++k) out.basis.col(Index(k)) = cosines.col(order[k]);
}

void fit(const Samples& samples, const std::vector<Index>& members,
         const ClassTrainingOptions& options, TrainedClass& out) {
  const auto count = Index(members.size());
  MatrixXf blocks(samples.blocks.rows(), count), rings(samples.rings.rows(), count);
  for (Index i = 0; i < count; ++i) {
    blocks.col(i) = samples.blocks.col(members[std::size_t(i)]);
    rings.col(i) = samples.rings.col(members[std::size_t(i)]);
  }
  fit_predictor(blocks, rings, out);
  blocks -= out.predictor * rings;
  if (options.cosine_basis)
    order_by_energy(blocks, out);
  else
    fit_basis(blocks, out);
  out.magnitude = (out.basis.transpose() * blocks).cwiseAbs().rowwise().mean();
}

float estimated_bits(const float* coefficients, Index pixels, float inverse_square) {
  float bits = 0;
  for (Index k = 0; k < pixels; k += 8) {
    float product = 1;
    for (Index j = 0; j < 8; ++j)
      product *= 1 + coefficients[k + j] * coefficients[k + j] * inverse_square;
    bits += std::log2(product);
  }
  return 0.6f * bits;
}

}  // namespace

MatrixXf cosine_basis(int side) {
  std::vector<std::pair<int, int>> order;
  for (int v = 0; v < side; ++v)
    for (int u = 0; u < side; ++u) order.emplace_back(v, u);
  std::stable_sort(order.begin(), order.end(), [](auto a, auto b) {
    return a.first * a.first + a.second * a.second < b.first * b.first + b.second * b.second;
  });
  const auto wave = [side](int frequency, int x) {
    return std::sqrt((frequency == 0 ? 1.0 : 2.0) / side) *
           std::cos(M_PI * (2 * x + 1) * frequency / (2.0 * side));
  };
  MatrixXf basis(side * side, side * side);
  for (std::size_t k = 0; k < order.size(); ++k)
    for (int y = 0; y < side; ++y)
      for (int x = 0; x < side; ++x)
        basis(y * side + x, Index(k)) = float(wave(order[k].first, y) * wave(order[k].second, x));
  return basis;
}

std::vector<TrainedClass> train_classes(const Samples& samples, const ClassTrainingOptions& options,
                                        std::vector<int> assigned, const IterationDone& done) {
  const Index count = samples.blocks.cols();
  const Index pixels = samples.blocks.rows();
  if (assigned.size() != std::size_t(count)) {
    assigned.resize(std::size_t(count));
    for (Index i = 0; i < count; ++i)
      assigned[std::size_t(i)] = starting_class(samples.blocks, i, options.side, options.classes);
  }
  std::vector<TrainedClass> trained(std::size_t(options.classes));
  for (TrainedClass& c : trained) {
    c.predictor = MatrixXf::Zero(pixels, samples.rings.rows());
    c.basis = cosine_basis(options.side);
    c.magnitude = VectorXf::Ones(pixels);
  }
  for (int iteration = 0;; ++iteration) {
    std::vector<std::vector<Index>> members(trained.size());
    for (Index i = 0; i < count; ++i) members[std::size_t(assigned[std::size_t(i)])].push_back(i);
    for (std::size_t c = 0; c < trained.size(); ++c) {
      trained[c].share = float(members[c].size() + 1) / float(count + options.classes);
      if (members[c].size() >= 50) fit(samples, members[c], options, trained[c]);
    }
    if (iteration == options.iterations) return trained;
    VectorXf best = VectorXf::Constant(count, 1e30f);
    const float inverse_square = 1 / (options.step * options.step);
    for (std::size_t c = 0; c < trained.size(); ++c) {
      const MatrixXf analysis = trained[c].basis.transpose();
      for (Index from = 0; from < count; from += kBatch) {
        const Index n = std::min(kBatch, count - from);
        const MatrixXf coefficients =
            analysis * (samples.blocks.middleCols(from, n) -
                        trained[c].predictor * samples.rings.middleCols(from, n));
        for (Index i = 0; i < n; ++i) {
          const float bits = estimated_bits(&coefficients(0, i), pixels, inverse_square) -
                             std::log2(trained[c].share);
          if (bits < best(from + i)) {
            best(from + i) = bits;
            assigned[std::size_t(from + i)] = int(c);
          }
        }
      }
    }
    if (done) done(iteration, double(best.mean()) / double(pixels));
  }
}

}  // namespace holo::image::deep
