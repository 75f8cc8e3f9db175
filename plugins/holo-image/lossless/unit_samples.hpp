// How raw samples move between pictures and lossless tiles.
#pragma once

#include <holo/unit.hpp>

#include "plugins/holo-image/lossless/samples.hpp"

namespace holo::image::lossless {

// The shape of a tile at `region` of a grey or RGB picture.
[[nodiscard]] Shape shape_of(const holo_image& image, const Region& region);

// The samples of a region of the unit, whose planes have the size of the picture. A sample beyond
// the bit depth throws INVALID_ARG.
[[nodiscard]] Samples read_samples(const Unit& unit, const holo_image& image, const Region& region);

// Writes what the tile (at `region` of the picture) and `wanted` share into `out`, whose planes
// have the size of `wanted`.
void write_samples(const Samples& samples, const holo_image& image, const Region& region,
                   const Region& wanted, const Unit& out);

}  // namespace holo::image::lossless
