// Blocks of luma with the decoded neighbours that a decoder would know, drawn from photographs.
#pragma once

#include <Eigen/Dense>
#include <cstdint>
#include <vector>

namespace holo::image::deep {

// Luma of one training picture, 0..255, rows of `width`.
struct LumaPicture {
  int width = 0;
  int height = 0;
  std::vector<float> samples;
  [[nodiscard]] float at(int x, int y) const {
    return samples[std::size_t(y) * std::size_t(width) + std::size_t(x)];
  }
};

// One column a block, both less the mean of the ring (as ring.hpp defines it).
struct Samples {
  Eigen::MatrixXf blocks;  // side * side x count
  Eigen::MatrixXf rings;   // ring_inputs(side) x count
};

struct SamplingOptions {
  int side = 8;
  int count = 100000;    // about this many in all
  float ring_noise = 3;  // standard deviation of what coding does to neighbours
  std::uint32_t seed = 1;
};

// The least side of a picture that blocks of a side are drawn from.
[[nodiscard]] constexpr int least_picture(int side) { return 3 * side + 2; }
// At how many places of the pictures such a block can lie.
[[nodiscard]] std::int64_t places(const std::vector<LumaPicture>& pictures, int side);

[[nodiscard]] Samples draw_samples(const std::vector<LumaPicture>& pictures,
                                   const SamplingOptions& options);

}  // namespace holo::image::deep
