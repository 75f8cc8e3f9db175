// Learns block classes of one size: in each, a linear map from the ring to the block, and the
// Karhunen-Loeve basis of what the map leaves over.
#pragma once

#include <Eigen/Dense>
#include <functional>
#include <vector>

#include "plugins/holo-image/deep/train/samples.hpp"

namespace holo::image::deep {

struct TrainedClass {
  Eigen::MatrixXf predictor;  // pixels x ring inputs
  Eigen::MatrixXf basis;      // pixels x pixels, one basis picture a column, most energy first
  Eigen::VectorXf magnitude;  // mean |coefficient| in 8-bit steps
  float share = 0;            // of all blocks
};

struct ClassTrainingOptions {
  int side = 8;
  int classes = 32;
  int iterations = 16;
  float step = 16;  // of the quantizer that the assignment looks at
  // The basis is the DCT, in the order of each class's energies (blocks of 32).
  bool cosine_basis = false;
};

// Called once an iteration with the mean bits a pixel that the assignment estimates.
using IterationDone = std::function<void(int iteration, double bits)>;

// Alternates between fitting each class to its blocks and giving each block to the class that
// codes it with the fewest bits, sum of 0.6 log2(1 + (coefficient / step)^2), from a start by
// orientation or from `assigned`. Deterministic.
[[nodiscard]] std::vector<TrainedClass> train_classes(const Samples& samples,
                                                      const ClassTrainingOptions& options,
                                                      std::vector<int> assigned,
                                                      const IterationDone& done);

// The DCT of side N as columns over N*N pixels, by increasing frequency.
[[nodiscard]] Eigen::MatrixXf cosine_basis(int side);

}  // namespace holo::image::deep
