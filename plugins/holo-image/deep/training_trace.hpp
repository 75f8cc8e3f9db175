// What an encoder leaves behind for training, and the state that its contexts reached.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "plugins/holo-image/deep/leaf.hpp"

namespace holo::image::deep {

struct TrainingTrace {
  // Every leaf as it is coded, with the state as its decoder sees it.
  std::function<void(const LeafScope&, const Leaf&)> leaf;
  // Levels seen by what they were expected to be: see Model::level_cost.
  std::array<std::array<std::array<std::uint64_t, 17>, kCostBuckets>, 2> level_counts{};
  std::vector<std::uint32_t> contexts;
  std::vector<std::int16_t> weights;
  TilePixels decoded;  // before the filter
};

}  // namespace holo::image::deep
