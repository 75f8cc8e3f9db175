// Smaller versions of a picture and their enlargement, for layers and thumbnails. Integers only.
#pragma once

#include "plugins/holo-image/tile_grid.hpp"
#include "plugins/holo-image/tile_pixels.hpp"

namespace holo::image {

// Half as wide and high (rounded up): means of 2x2, edges repeated.
[[nodiscard]] TilePixels halve(const TilePixels& tile);

// The part of `lower`, at twice its size, that a tile of `shape` at (x, y) of the doubled picture
// covers. Interpolates between samples of `lower` alone, its edges repeated.
[[nodiscard]] TilePixels enlarge(const TilePixels& lower, int x, int y, const TileShape& shape);

// Halves of the differences that a layer codes, so that the largest is an internal sample, and
// back.
void subtract(TilePixels& tile, const TilePixels& prediction);
void add(TilePixels& tile, const TilePixels& prediction);

// A picture that stands for the whole: means of squares of 2^shift samples, so that neither side is
// above `longest`.
[[nodiscard]] int thumbnail_shift(const holo_image& image, int longest);
[[nodiscard]] TileShape thumbnail_shape(const holo_image& image, int shift);
[[nodiscard]] TilePixels make_thumbnail(const Unit& unit, const holo_image& image, int shift);
// What the thumbnail shows of a region of the picture, interpolated.
[[nodiscard]] TilePixels enlarge_thumbnail(const TilePixels& thumbnail, int shift,
                                           const Region& region, const TileShape& shape);

}  // namespace holo::image
