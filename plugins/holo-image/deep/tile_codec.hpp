// One tile of a picture to bytes and back, the better profile. Tiles know nothing of each other.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "plugins/holo-image/deep/model.hpp"
#include "plugins/holo-image/tile_pixels.hpp"

namespace holo::image::deep {

struct EncodeOptions {
  int step = 761;            // of luma, in internal units (64 to an 8-bit step), 16..9045
  int effort = 7;            // 4..9
  bool for_the_eye = false;  // a finer step where the picture is smooth
};

// What an encoder can leave behind for training.
struct TrainingTrace;

// The colour planes must be filled to the coded size. Alpha is not looked at.
[[nodiscard]] std::vector<std::uint8_t> encode_tile(const Model& model, const TilePixels& tile,
                                                    const EncodeOptions& options,
                                                    const RowsDone& rows_done = {},
                                                    TrainingTrace* trace = nullptr);

// Blocks show their first `components` coefficients (0: all), on top of the same prediction: what
// is left out is never missed by the blocks after. Only the first `rows` (0: all) are sure to be
// decoded. Errors: HOLO_CORRUPT, HOLO_UNSUPPORTED.
[[nodiscard]] Result<TilePixels> decode_tile(const Model& model,
                                             std::span<const std::uint8_t> bytes,
                                             const TileShape& shape, int components, int rows = 0,
                                             const RowsDone& rows_done = {});

}  // namespace holo::image::deep
