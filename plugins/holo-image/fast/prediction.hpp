// What a block is expected to be, from the decoded samples around it and from other planes.
#pragma once

#include <array>
#include <cstdint>

#include "plugins/holo-image/fast/kernels.hpp"
#include "plugins/holo-image/tile_pixels.hpp"

namespace holo::image::fast {

// One plane of a tile; width and height are multiples of 8.
struct PlaneView {
  std::int16_t* samples = nullptr;
  int width = 0;
  int height = 0;

  [[nodiscard]] std::int16_t* at(int x, int y) const {
    return samples + static_cast<std::ptrdiff_t>(y) * width + x;
  }
};
[[nodiscard]] inline PlaneView view(TilePixels& tile, int plane) {
  return {tile.colour[std::size_t(plane)].data(), tile.shape.coded_width(),
          tile.shape.coded_height()};
}

// The decoded neighbours of a block, in the order corner, 16 above from left to right, 8 on the
// left from top to bottom. What lies outside the tile is repeated from the nearest that does not;
// without any neighbour, in the first block of a tile, all are `start`.
struct Ring {
  static constexpr std::size_t kTop = 1;
  static constexpr std::size_t kLeft = 17;

  std::array<std::int16_t, kRingSamples> samples;
  std::int16_t mean = 0;  // of the 8 above and the 8 on the left
};
[[nodiscard]] Ring ring_of(const PlaneView& plane, int x, int y, std::int16_t start);

void predict_from_ring(const Kernels& kernels, const BlockClass& c, const Ring& ring, Block& out);

// The regression of `ring` on `source_ring` over their 16 direct neighbours, applied to the
// block of `source` at x, y: chroma from luma, or Cr from Cb.
void predict_from_plane(const Kernels& kernels, const Ring& ring, const Ring& source_ring,
                        const PlaneView& source, int x, int y, Block& out);

}  // namespace holo::image::fast
