// Sampling, start, and the alternation between fitting and assigning.
#include "plugins/holo-image/fast/train/class_trainer.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>

namespace holo::image::fast {
namespace {

using Eigen::MatrixXf;
using Eigen::VectorXf;

constexpr int kSide = 8;
constexpr int kPixels = 64;
constexpr int kRing = 25;

struct Samples {
  MatrixXf blocks;  // 64 x count, less the ring's mean
  MatrixXf rings;   // 25 x count, less the same mean
};

float luma(const PpmPicture& picture, int x, int y) {
  const std::uint8_t* p = &picture.rgb[(std::size_t(y) * picture.width + x) * 3];
  return 0.299f * p[0] + 0.587f * p[1] + 0.114f * p[2];
}

Samples take_samples(const std::vector<PpmPicture>& pictures, const TrainingOptions& options) {
  std::mt19937 random(options.seed);
  std::normal_distribution<float> noise(0, options.ring_noise);
  const auto wanted = Eigen::Index(pictures.size()) * options.samples_per_picture;
  Samples samples{MatrixXf(kPixels, wanted), MatrixXf(kRing, wanted)};
  Eigen::Index count = 0;
  for (const PpmPicture& picture : pictures) {
    if (picture.width < 32 || picture.height < 32) continue;
    int taken = 0;
    for (int trial = 0;
         taken < options.samples_per_picture && trial < 8 * options.samples_per_picture; ++trial) {
      const int x = 1 + int(random() % unsigned(picture.width - 17));
      const int y = 1 + int(random() % unsigned(picture.height - 9));
      if (x % kSide == 0 || y % kSide == 0) continue;  // where JPEG of the training set has seams
      VectorXf block(kPixels), ring(kRing);
      for (int i = 0; i < kPixels; ++i) block(i) = luma(picture, x + i % kSide, y + i / kSide);
      const bool corner_known = random() % 8 != 0;
      ring(0) = luma(picture, x - 1, y - 1) + noise(random);
      for (int i = 0; i < 16; ++i)
        ring(1 + i) = i < 8 || corner_known ? luma(picture, x + i, y - 1) + noise(random) : ring(8);
      for (int i = 0; i < 8; ++i) ring(17 + i) = luma(picture, x - 1, y + i) + noise(random);
      const float mean = (ring.segment(1, 8).sum() + ring.segment(17, 8).sum()) / 16;
      block.array() -= mean;
      ring.array() -= mean;
      const float variance = (block.array() - block.mean()).square().mean();
      if (variance < 3 && random() % 4 != 0) continue;  // flat blocks teach little
      samples.blocks.col(count) = block;
      samples.rings.col(count) = ring;
      ++count;
      ++taken;
    }
  }
  samples.blocks.conservativeResize(kPixels, count);
  samples.rings.conservativeResize(kRing, count);
  return samples;
}

// Directed blocks by the angle of their gradient, the others by their activity.
int starting_class(const MatrixXf& blocks, Eigen::Index sample, int classes) {
  double xx = 0, yy = 0, xy = 0;
  for (int y = 0; y < kSide - 1; ++y)
    for (int x = 0; x < kSide - 1; ++x) {
      const int i = y * kSide + x;
      const double gx = blocks(i + 1, sample) - blocks(i, sample);
      const double gy = blocks(i + kSide, sample) - blocks(i, sample);
      xx += gx * gx;
      yy += gy * gy;
      xy += gx * gy;
    }
  const double coherence = std::sqrt((xx - yy) * (xx - yy) + 4 * xy * xy) / (xx + yy + 1e-3);
  const int directed = std::max(1, classes - std::max(1, classes / 4));
  if (coherence > 0.35) {
    const double turn = 0.5 * std::atan2(2 * xy, xx - yy) / M_PI + 0.5;
    return std::min(directed - 1, int(turn * directed));
  }
  const double activity = std::log2((xx + yy) / kPixels + 1) / 8;
  const int rest = std::max(1, classes - directed);
  return std::min(classes - 1, directed + std::min(rest - 1, int(activity * rest)));
}

TrainedClass fit(const Samples& samples, const std::vector<Eigen::Index>& members) {
  const auto count = Eigen::Index(members.size());
  MatrixXf blocks(kPixels, count), rings(kRing, count);
  for (Eigen::Index i = 0; i < count; ++i) {
    blocks.col(i) = samples.blocks.col(members[std::size_t(i)]);
    rings.col(i) = samples.rings.col(members[std::size_t(i)]);
  }
  MatrixXf gram = rings * rings.transpose();
  const float ridge = float(count) * 20 + gram.trace() / kRing * 1e-4f;
  gram.diagonal().array() += ridge;
  TrainedClass trained;
  trained.predictor = gram.ldlt().solve(rings * blocks.transpose()).transpose();
  // Weighted so that a few strong blocks do not choose the basis.
  const MatrixXf left = blocks - trained.predictor * rings;
  const VectorXf weight =
      (left.colwise().squaredNorm().array() / kPixels + 30.0f).rsqrt().transpose();
  const MatrixXf weighted = left * weight.asDiagonal();
  const MatrixXf covariance = weighted * weighted.transpose() / float(count);
  const Eigen::SelfAdjointEigenSolver<MatrixXf> solver(covariance);
  trained.basis = solver.eigenvectors().rowwise().reverse();
  return trained;
}

}  // namespace

std::vector<TrainedClass> train_classes(const std::vector<PpmPicture>& pictures,
                                        const TrainingOptions& options) {
  const Samples samples = take_samples(pictures, options);
  const Eigen::Index count = samples.blocks.cols();
  std::vector<int> assigned(static_cast<std::size_t>(count));
  for (Eigen::Index i = 0; i < count; ++i)
    assigned[std::size_t(i)] = starting_class(samples.blocks, i, options.classes);
  std::vector<TrainedClass> trained(
      std::size_t(options.classes),
      {MatrixXf::Zero(kPixels, kRing), MatrixXf::Identity(kPixels, kPixels)});
  std::vector<float> prior_bits(std::size_t(options.classes), 3);
  for (int iteration = 0;; ++iteration) {
    std::vector<std::vector<Eigen::Index>> members(std::size_t(options.classes));
    for (Eigen::Index i = 0; i < count; ++i)
      members[std::size_t(assigned[std::size_t(i)])].push_back(i);
    for (std::size_t c = 0; c < trained.size(); ++c) {
      prior_bits[c] = -std::log2(float(members[c].size() + 1) / float(count + options.classes));
      if (members[c].size() >= 200) trained[c] = fit(samples, members[c]);
    }
    if (iteration == options.iterations) return trained;
    VectorXf best = VectorXf::Constant(count, 1e30f);
    for (std::size_t c = 0; c < trained.size(); ++c) {
      constexpr Eigen::Index kBatch = 4096;
      for (Eigen::Index from = 0; from < count; from += kBatch) {
        const Eigen::Index n = std::min(kBatch, count - from);
        const MatrixXf left = samples.blocks.middleCols(from, n) -
                              trained[c].predictor * samples.rings.middleCols(from, n);
        const MatrixXf scaled = trained[c].basis.transpose() * left / options.step;
        for (Eigen::Index i = 0; i < n; ++i) {
          float bits = prior_bits[c];
          for (int k = 0; k < kPixels; k += 8)
            bits += 0.6f * std::log2((1 + scaled.col(i).segment(k, 8).array().square()).prod());
          if (bits < best(from + i)) {
            best(from + i) = bits;
            assigned[std::size_t(from + i)] = int(c);
          }
        }
      }
    }
    std::fprintf(stderr, "iteration %d: %.4f bits a block over %ld blocks\n", iteration,
                 double(best.mean()), long(count));
  }
}

}  // namespace holo::image::fast
