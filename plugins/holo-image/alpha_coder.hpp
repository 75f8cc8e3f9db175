// Lossless alpha: one flag if it is constant, else each sample's difference from a median
// prediction, in adaptive bits.
#pragma once

#include <cstdint>
#include <span>

#include "core/entropy/binary_coder.hpp"
#include "plugins/holo-image/tile_pixels.hpp"

namespace holo::image {

// width * height samples of `depth` bits. rows_done(0) is called once a row.
void encode_alpha(entropy::BinaryEncoder& coder, std::span<const std::uint16_t> samples, int width,
                  int depth, const RowsDone& rows_done = {});
// Returns false as soon as the coder has run past its bytes: the data are damaged.
[[nodiscard]] bool decode_alpha(entropy::BinaryDecoder& coder, std::span<std::uint16_t> samples,
                                int width, int depth, const RowsDone& rows_done = {});

}  // namespace holo::image
