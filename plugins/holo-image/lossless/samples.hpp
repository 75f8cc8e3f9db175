// The raw samples of one tile, as the lossless coder takes and gives them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace holo::image::lossless {

inline constexpr int kMaxPlanes = 4;

// Planes: 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha; all of one depth.
struct Shape {
  int width = 0;  // 1..65535
  int height = 0;
  int planes = 1;
  int depth = 8;  // 1..16 bits

  [[nodiscard]] std::size_t area() const { return std::size_t(width) * std::size_t(height); }
  [[nodiscard]] std::uint16_t top() const { return std::uint16_t((1 << depth) - 1); }
};

struct Samples {
  Shape shape;
  std::vector<std::vector<std::uint16_t>> planes;  // rows of `width`
};

}  // namespace holo::image::lossless
