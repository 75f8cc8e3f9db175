// Where an encoder spends its bits when pictures are to look good rather than measure well.
#pragma once

#include <vector>

#include "plugins/holo-image/tile_pixels.hpp"

namespace holo::image::deep {

// An offset of the step for each superblock, by rows: finer where the picture is smooth, coarser
// where texture hides errors. `strength` is the exponent of the local deviation.
[[nodiscard]] std::vector<int> offsets_by_activity(const TilePixels& tile, double strength);

}  // namespace holo::image::deep
