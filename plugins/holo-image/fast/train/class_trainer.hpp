// Learns block classes: in each, a linear map from the ring of decoded neighbours to the block,
// and the Karhunen-Loeve basis of what the map leaves over.
#pragma once

#include <Eigen/Dense>
#include <vector>

#include "plugins/holo-image/fast/train/ppm.hpp"

namespace holo::image::fast {

struct TrainedClass {
  Eigen::MatrixXf predictor;  // 64 x 25
  Eigen::MatrixXf basis;      // 64 x 64, one coefficient a column, largest variance first
};

struct TrainingOptions {
  int classes = 8;
  int samples_per_picture = 1200;
  int iterations = 30;
  float step = 12;       // of the quantizer that the assignment looks at
  float ring_noise = 3;  // standard deviation of what coding does to the neighbours
  unsigned seed = 1;
};

// Alternates between fitting every class to its blocks and giving each block to the class that
// codes it with the fewest bits (sum of log2(1 + (coefficient / step)^2)), from a start by
// orientation. The same pictures and options give the same classes.
std::vector<TrainedClass> train_classes(const std::vector<PpmPicture>& pictures,
                                        const TrainingOptions& options);

}  // namespace holo::image::fast
