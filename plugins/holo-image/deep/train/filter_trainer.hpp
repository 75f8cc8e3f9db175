// Learns the post filter: for each band of steps, kind of plane and class of unit, the weights that
// bring decoded samples closest to the original ones.
#pragma once

#include <Eigen/Dense>
#include <cstdint>
#include <vector>

#include "plugins/holo-image/deep/post_filter.hpp"

namespace holo::image::deep {

class FilterTrainer {
 public:
  FilterTrainer();
  // A tile as decoded without the filter, and its original.
  void add(const TilePixels& decoded, const TilePixels& original, std::int32_t step);
  // Weights in the order of FilterModel::taps, as plain numbers. Classes with too few samples get
  // zeros; neighbouring bands lend each other 15 %.
  [[nodiscard]] std::vector<float> solve() const;

 private:
  struct Sums {
    Eigen::MatrixXd gram;
    Eigen::VectorXd target;
    double count = 0;
  };
  [[nodiscard]] static std::size_t index(int band, int kind, int unit_class);
  std::vector<Sums> sums_;
};

}  // namespace holo::image::deep
