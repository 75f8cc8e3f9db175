// Any bytes as a tile: the first four choose its shape and what is asked of it, the rest is what a
// file might hold.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "plugins/holo-image/color.hpp"
#include "plugins/holo-image/deep/tile_codec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holo::image;
  if (size < 4) return 0;
  const TileShape shape{1 + data[0] % 80, 1 + data[1] % 80, data[2] % 2 == 0 ? 3 : 1, 0};
  const int components = data[2] / 2 % 32;
  const int rows = data[3] % 96;
  const auto tile =
      deep::decode_tile(deep::shipped_model(), {data + 4, size - 4}, shape, components, rows);
  if (!tile.ok()) return 0;
  if (tile->colour.size() != std::size_t(shape.colour_planes)) std::abort();
  for (const auto& plane : tile->colour)
    for (const std::int16_t sample : plane)
      if (sample < kInternalMin || sample > kInternalMax) std::abort();
  return 0;
}
