// Planes of the lossless profile, one a tile.
#include "plugins/holo-image/alpha.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "plugins/holo-image/lossless/tile_codec.hpp"

namespace holo::image {
namespace {

constexpr std::uint32_t kAlphaChunk = fourcc("alph");

}  // namespace

void write_alpha(const Host& host, const Sink& sink, const Unit& unit, const holo_image& image,
                 const TileGrid& grid, int effort, const RowsDone& rows_done) {
  if (image.has_alpha == 0) return;
  const auto count = static_cast<std::uint64_t>(grid.count());
  std::vector<std::vector<std::uint8_t>> planes(count);
  host.parallel_for(count, [&](std::uint64_t index) {
    const TilePixels tile = read_tile(unit, image, grid.region(static_cast<std::int64_t>(index)));
    const std::uint16_t highest = *std::max_element(tile.alpha.begin(), tile.alpha.end());
    if (highest >> image.bit_depth != 0)
      throw Failure(HOLO_INVALID_ARG, "expected alpha of " + std::to_string(image.bit_depth) +
                                          " bits, found " + std::to_string(highest) +
                                          "; declare the depth that the picture has");
    planes[index] = lossless::encode_plane(tile.alpha, tile.shape.width, tile.shape.height,
                                           tile.shape.alpha_depth, effort, rows_done);
  });
  for (std::uint64_t index = 0; index < count; ++index)
    sink.write(kAlphaChunk, unit.index(), static_cast<std::uint32_t>(index), HOLO_CHUNK_KEY,
               planes[index]);
}

bool read_alpha(const Source& source, std::uint64_t unit, std::int64_t index,
                const holo_image& image, TilePixels& tile, const RowsDone& rows_done) {
  if (image.has_alpha == 0) return true;
  tile.shape.alpha_depth = image.bit_depth;
  const std::uint64_t area =
      static_cast<std::uint64_t>(tile.shape.width) * static_cast<std::uint64_t>(tile.shape.height);
  const auto chunk = source.find(kAlphaChunk, unit, static_cast<std::uint32_t>(index));
  if (!chunk) {
    tile.alpha.assign(area, static_cast<std::uint16_t>((1 << image.bit_depth) - 1));
    return false;
  }
  const std::vector<std::uint8_t> bytes =
      source.read(kAlphaChunk, unit, static_cast<std::uint32_t>(index), area * 8 + 1024);
  tile.alpha = unwrap(lossless::decode_plane(bytes, tile.shape.width, tile.shape.height,
                                             image.bit_depth, rows_done));
  return true;
}

}  // namespace holo::image
