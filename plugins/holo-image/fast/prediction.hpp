// What a block is expected to be, from the decoded samples around it and from other planes.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "plugins/holo-image/fast/transform.hpp"

namespace holo::image {

// One plane of a tile; width and height are multiples of 8.
struct PlaneView {
  std::int16_t* samples = nullptr;
  int width = 0;
  int height = 0;

  [[nodiscard]] std::int16_t* at(int x, int y) const {
    return samples + static_cast<std::ptrdiff_t>(y) * width + x;
  }
};

// The decoded neighbours of a block, in the order corner, 16 above from left to right, 8 on the
// left from top to bottom. What lies outside the tile is repeated from the nearest that does not;
// without any neighbour, in the first block of a tile, all are `start`.
using Ring = std::array<std::int16_t, kRingSamples>;
[[nodiscard]] Ring ring_of(const PlaneView& plane, int x, int y, std::int16_t start);

// The mean of the 8 above and the 8 on the left.
[[nodiscard]] std::int16_t ring_mean(const Ring& ring);

// mean + predictor . (ring - mean). 25 * 2048 * 16383 stays below 2^30.
void predict_from_ring(const BlockClass& c, const Ring& ring, Block& out);

// The regression of `ring` on `source_ring` over their 16 direct neighbours, applied to the
// block of `source` at x, y: chroma from luma, or Cr from Cb.
void predict_from_plane(const Ring& ring, const Ring& source_ring, const PlaneView& source, int x,
                        int y, Block& out);

void load_block(const PlaneView& plane, int x, int y, Block& out);
void store_block(const PlaneView& plane, int x, int y, const Block& block);

}  // namespace holo::image
