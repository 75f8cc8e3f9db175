// One tile of a picture to bytes and back. Tiles know nothing of each other.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "plugins/holo-image/fast/block_syntax.hpp"
#include "plugins/holo-image/tile_pixels.hpp"

namespace holo::image {

// The colour planes must be filled to the coded size; quality 0..100. With `learnt`, the contexts
// after the last block are left there, for training.
[[nodiscard]] std::vector<std::uint8_t> encode_tile(const TilePixels& tile, int quality,
                                                    Contexts* learnt = nullptr,
                                                    const RowsDone& rows_done = {});

// Blocks show their first `components` coefficients (0: all), on top of the same prediction: what
// is left out is never missed by the blocks after. Errors: HOLO_CORRUPT.
[[nodiscard]] Result<TilePixels> decode_tile(std::span<const std::uint8_t> bytes,
                                             const TileShape& shape, int components,
                                             const RowsDone& rows_done = {});

}  // namespace holo::image
