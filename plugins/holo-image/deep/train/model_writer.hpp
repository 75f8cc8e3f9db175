// From what training found, in floating point, to the bytes of a model's file.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "plugins/holo-image/deep/train/class_trainer.hpp"

namespace holo::image::deep {

struct TrainedModel {
  std::array<std::vector<TrainedClass>, 4> sizes;
  // The rest as a Model holds it; empty or zero: a start that is good enough to train on.
  std::vector<std::uint32_t> contexts;
  std::vector<std::int16_t> weights;
  std::array<std::array<std::array<std::uint64_t, 17>, 40>, 2> level_counts{};
  std::vector<float> taps;  // of the filter, or empty
};

[[nodiscard]] std::vector<std::uint8_t> write_model(const TrainedModel& trained);

}  // namespace holo::image::deep
