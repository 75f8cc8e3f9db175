// One tile of a picture to bytes and back without any loss. Tiles know nothing of each other.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "plugins/holo-image/lossless/samples.hpp"
#include "plugins/holo-image/tile_pixels.hpp"

namespace holo::image::lossless {

// Up to this effort tiles are coded by the fast method: some ten times faster, larger.
inline constexpr int kFastEffort = 3;

// Every sample must be within the depth. `rows_done` gets the number of rows of 8 samples, all in
// all ceil(height / 8) of them, and zeros in between.
[[nodiscard]] std::vector<std::uint8_t> encode_tile(const Samples& samples, int effort,
                                                    const RowsDone& rows_done = {});
// Errors: HOLO_CORRUPT. The shape must be one that encode_tile takes.
[[nodiscard]] Result<Samples> decode_tile(std::span<const std::uint8_t> bytes, const Shape& shape,
                                          const RowsDone& rows_done = {});

// A single plane, such as the alpha of a tile whose colour is coded otherwise: the same bytes as a
// grey tile. A plane that is constant takes 2 bytes at the top value, at most 5 elsewhere.
[[nodiscard]] std::vector<std::uint8_t> encode_plane(std::span<const std::uint16_t> samples,
                                                     int width, int height, int depth, int effort,
                                                     const RowsDone& rows_done = {});
[[nodiscard]] Result<std::vector<std::uint16_t>> decode_plane(std::span<const std::uint8_t> bytes,
                                                              int width, int height, int depth,
                                                              const RowsDone& rows_done = {});

}  // namespace holo::image::lossless
