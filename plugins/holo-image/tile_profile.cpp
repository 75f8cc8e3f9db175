// One byte, then the profile's own.
#include "plugins/holo-image/tile_profile.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "plugins/holo-image/deep/tile_codec.hpp"
#include "plugins/holo-image/fast/tile_codec.hpp"

namespace holo::image {
namespace {

// 64 internal units to an 8-bit step; 14 points of quality halve the step.
int step_of(double quality) { return int(std::lround(64 * std::exp2((100 - quality) / 14))); }

}  // namespace

void prepare_profiles() { (void)deep::shipped_model(); }

std::vector<std::uint8_t> encode_tile(const TilePixels& tile, const TileOptions& options,
                                      const RowsDone& rows_done) {
  const bool fast = options.effort <= kFastEffort;
  std::vector<std::uint8_t> coded =
      fast ? fast::encode_tile(tile, int(std::lround(std::min(100.0, options.quality))),
                               options.effort, rows_done)
           : deep::encode_tile(deep::shipped_model(), tile,
                               {step_of(options.quality), options.effort, options.for_the_eye},
                               rows_done);
  coded.insert(coded.begin(), std::uint8_t(fast ? Profile::kFast : Profile::kDeep));
  return coded;
}

Result<TilePixels> decode_tile(std::span<const std::uint8_t> bytes, const TileShape& shape,
                               const DecodeRequest& request, const RowsDone& rows_done) {
  const int profile = bytes.empty() ? -1 : bytes[0];
  if (profile == int(Profile::kFast))
    return fast::decode_tile(bytes.subspan(1), shape, request.components, rows_done);
  if (profile == int(Profile::kDeep))
    return deep::decode_tile(deep::shipped_model(), bytes.subspan(1), shape, request.components,
                             request.rows, rows_done);
  return make_error(HOLO_CORRUPT, "tile: expected profile 0 or 1 in its first byte, found " +
                                      (profile < 0 ? "no byte" : std::to_string(profile)) +
                                      "; the file is damaged, fetch it again");
}

}  // namespace holo::image
