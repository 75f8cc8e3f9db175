// Alpha of a picture, lossless, in chunks of its own beside the tiles of colour.
#pragma once

#include <holo/codec.hpp>

#include "plugins/holo-image/tile_grid.hpp"

namespace holo::image {

// One chunk `alph` a tile, if the picture has alpha. Throws INVALID_ARG for samples beyond the
// depth.
void write_alpha(const Host& host, const Sink& sink, const Unit& unit, const holo_image& image,
                 const TileGrid& grid, int effort, const RowsDone& rows_done);

// Fills tile.alpha of the tile at `index` and sets its shape. A tile whose chunk is missing becomes
// opaque, and the answer is false. Throws what the source throws, and CORRUPT.
[[nodiscard]] bool read_alpha(const Source& source, std::uint64_t unit, std::int64_t index,
                              const holo_image& image, TilePixels& tile, const RowsDone& rows_done);

}  // namespace holo::image
