// Any bytes as a lossless tile: the first three choose its shape, the rest is what a file might
// hold.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "plugins/holo-image/lossless/tile_codec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holo::image::lossless;
  if (size < 3) return 0;
  const Shape shape{1 + data[0] % 40, 1 + data[1] % 40, 1 + data[2] % 4, 1 + data[2] / 4 % 16};
  const auto tile = decode_tile({data + 3, size - 3}, shape);
  if (!tile.ok()) return 0;
  for (const auto& plane : tile->planes) {
    if (plane.size() != shape.area()) std::abort();
    for (const std::uint16_t sample : plane)
      if (sample > shape.top()) std::abort();
  }
  return 0;
}
