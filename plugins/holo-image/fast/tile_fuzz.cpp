// Any bytes as a tile: the first three choose its shape, the rest is what a file might hold.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "plugins/holo-image/fast/tile_codec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const holo::image::TileShape shape{1 + data[0] % 80, 1 + data[1] % 80, data[2] % 2 == 0 ? 3 : 1,
                                     0};
  const auto tile =
      holo::image::fast::decode_tile({data + 3, size - 3}, shape, data[2] % 3 == 0 ? 5 : 0);
  if (tile.ok() && tile->colour.size() != std::size_t(shape.colour_planes)) std::abort();
  return 0;
}
