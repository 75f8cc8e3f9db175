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
