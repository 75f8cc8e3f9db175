// Allocation of a tile.
#include "plugins/holo-image/tile_pixels.hpp"

namespace holo::image {

TilePixels make_tile(const TileShape& shape) {
  TilePixels tile;
  tile.shape = shape;
  const std::size_t coded = std::size_t(shape.coded_width()) * std::size_t(shape.coded_height());
  tile.colour.assign(std::size_t(shape.colour_planes), std::vector<std::int16_t>(coded));
  if (shape.alpha_depth > 0)
    tile.alpha.resize(std::size_t(shape.width) * std::size_t(shape.height));
  return tile;
}

}  // namespace holo::image
