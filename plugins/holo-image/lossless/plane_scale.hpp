// How coarse the numbers of a plane are: chosen by the encoder, stored before the plane.
#pragma once

#include <cstdint>
#include <span>

#include "plugins/holo-image/lossless/samples.hpp"

namespace holo::image::lossless {

struct PlaneScale {
  int low_bits = 0;       // 0..depth-1: bits of each sample that look random, and are not modelled
  int feature_shift = 0;  // 0..15: what the least squares leave out of differences
};

// From the typical size of what the median predictor leaves, and of differences of neighbours.
[[nodiscard]] PlaneScale choose_scale(std::span<const std::uint16_t> samples, const Shape& shape);

}  // namespace holo::image::lossless
