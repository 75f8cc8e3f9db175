// How a picture is cut into tiles, and how samples move between pictures and tiles.
#pragma once

#include <algorithm>
#include <cstdint>

#include <holo/unit.hpp>

#include "plugins/holo-image/tile_pixels.hpp"

namespace holo::image {

// Tiles of side `tile` (a multiple of 8) from the upper left corner, numbered by rows; those at
// the right and lower edges are smaller.
struct TileGrid {
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::int64_t tile = 0;

  [[nodiscard]] std::int64_t columns() const { return (width + tile - 1) / tile; }
  [[nodiscard]] std::int64_t rows() const { return (height + tile - 1) / tile; }
  [[nodiscard]] std::int64_t count() const { return columns() * rows(); }
  // The number of the tile that holds a sample.
  [[nodiscard]] std::int64_t holding(std::int64_t x, std::int64_t y) const {
    return y / tile * columns() + x / tile;
  }
  // The numbers of the tiles that a region touches, by rows.
  [[nodiscard]] std::vector<std::int64_t> tiles_in(const Region& region) const {
    std::vector<std::int64_t> indices;
    for (std::int64_t y = region.y / tile; y * tile < region.y + region.height; ++y)
      for (std::int64_t x = region.x / tile; x * tile < region.x + region.width; ++x)
        indices.push_back(y * columns() + x);
    return indices;
  }
  [[nodiscard]] Region region(std::int64_t index) const {
    const std::int64_t x = index % columns() * tile;
    const std::int64_t y = index / columns() * tile;
    return {x, y, std::min(tile, width - x), std::min(tile, height - y)};
  }
};

// Grey or RGB pictures, with or without alpha, of 1..16 bits. Anything else throws UNSUPPORTED
// with what to do.
void expect_supported(const holo_image& image);

[[nodiscard]] TileShape tile_shape(const holo_image& image, const Region& region);

// The samples of a region of the unit as a tile; edges are repeated up to the coded size.
[[nodiscard]] TilePixels read_tile(const Unit& unit, const holo_image& image, const Region& region);

// Writes what tile (at `region` of the picture) and `wanted` share into `out`, whose planes have
// the size of `wanted`.
void write_tile(const TilePixels& tile, const holo_image& image, const Region& region,
                const Region& wanted, const Unit& out);

}  // namespace holo::image
