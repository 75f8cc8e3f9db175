// The ways of coding the colour of a tile, behind one pair of functions. The first byte of a tile
// says which way it was.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "plugins/holo-image/tile_pixels.hpp"

namespace holo::image {

enum class Profile : std::uint8_t { kFast = 0, kDeep = 1 };

inline constexpr int kEffortMin = 1, kEffortMax = 9;
// Efforts up to this take the fast profile.
inline constexpr int kFastEffort = 3;

struct TileOptions {
  // 0..114; the fast profile stops at 100, and knows whole numbers only.
  double quality = 50;
  int effort = 7;            // kEffortMin..kEffortMax
  bool for_the_eye = false;  // efforts above kFastEffort only
};

// Loads what the efforts above kFastEffort need, so that the first tile does not wait for it.
void prepare_profiles();

[[nodiscard]] std::vector<std::uint8_t> encode_tile(const TilePixels& tile,
                                                    const TileOptions& options,
                                                    const RowsDone& rows_done);

struct DecodeRequest {
  int components = 0;  // of each block; 0: all
  int rows = 0;        // how many of the first rows are needed; 0: all. Others may be anything.
};
// Errors: HOLO_CORRUPT, HOLO_UNSUPPORTED.
[[nodiscard]] Result<TilePixels> decode_tile(std::span<const std::uint8_t> bytes,
                                             const TileShape& shape, const DecodeRequest& request,
                                             const RowsDone& rows_done);

}  // namespace holo::image
