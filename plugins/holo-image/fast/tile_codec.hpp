// One tile of a picture to bytes and back, fast. Tiles know nothing of each other.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "plugins/holo-image/fast/contexts.hpp"
#include "plugins/holo-image/tile_pixels.hpp"

namespace holo::image::fast {

// How often each model met each symbol, for training.
using SymbolCounts = std::array<std::array<std::uint32_t, kSymbols>, kContextCount>;

// The colour planes must be filled to the coded size, alpha is not looked at; quality 0..100.
// Effort 1..3 trades time for bytes; the decoder does not see it. With `counts`, what was coded is
// added there.
[[nodiscard]] std::vector<std::uint8_t> encode_tile(const TilePixels& tile, int quality, int effort,
                                                    const RowsDone& rows_done = {},
                                                    SymbolCounts* counts = nullptr);

// Blocks show their first `components` coefficients (0: all), on top of the same prediction: what
// is left out is never missed by the blocks after. Errors: HOLO_CORRUPT.
[[nodiscard]] Result<TilePixels> decode_tile(std::span<const std::uint8_t> bytes,
                                             const TileShape& shape, int components,
                                             const RowsDone& rows_done = {});

}  // namespace holo::image::fast
