// The grid of every layer, and the limits of a tile.
#include "plugins/holo-image/tile_layout.hpp"

#include <array>
#include <string>

namespace holo::image {
namespace {

// A tile is held in memory while it is coded: one tile of all must not be larger than this.
constexpr std::int64_t kMaxTileSamples = std::int64_t{1} << 26;
constexpr std::array<std::uint32_t, 4> kLayerChunks = {fourcc("lay0"), fourcc("lay1"),
                                                       fourcc("lay2"), fourcc("lay3")};

}  // namespace

std::int64_t block_rows(const TileGrid& grid) {
  std::int64_t sum = 0;
  for (std::int64_t index = 0; index < grid.count(); ++index) sum += block_rows(grid.region(index));
  return sum;
}

TileGrid grid_of(std::int64_t width, std::int64_t height, const Params& params) {
  const std::string& tile = params.choice("tile");
  TileGrid grid{width, height, 65536};
  for (const int side : {64, 128, 256, 512})
    if (tile == std::to_string(side)) grid.tile = side;
  const Region first = grid.region(0);
  if (first.width * first.height > kMaxTileSamples)
    throw Failure(HOLO_UNSUPPORTED,
                  "a picture of " + std::to_string(width) + "x" + std::to_string(height) +
                      " is too large for one tile of at most 64 megapixels; use tile=512",
                  "tile");
  return grid;
}

std::vector<Layer> layers_of(const holo_image& image, const Params& params) {
  const auto most = static_cast<std::int64_t>(kLayerChunks.size());
  if (params.integer("layers") < 1 || params.integer("layers") > most)
    throw Failure(HOLO_CORRUPT,
                  "expected 1 to " + std::to_string(most) + " layers, found " +
                      std::to_string(params.integer("layers")) +
                      "; the file is damaged, fetch it again",
                  "layers");
  const auto count = static_cast<int>(params.integer("layers"));
  std::vector<Layer> layers;
  for (int l = 0; l < count; ++l) {
    const int shift = count - 1 - l;
    layers.push_back({shift,
                      count == 1 ? fourcc("tile") : kLayerChunks[static_cast<std::size_t>(l)],
                      grid_of(((std::int64_t{image.width} - 1) >> shift) + 1,
                              ((std::int64_t{image.height} - 1) >> shift) + 1, params)});
  }
  return layers;
}

std::vector<std::uint8_t> read_tile_chunk(const Source& source, std::uint32_t type,
                                          std::uint64_t unit, std::int64_t index,
                                          const TileShape& shape) {
  const std::uint64_t samples = static_cast<std::uint64_t>(shape.coded_width()) *
                                static_cast<std::uint64_t>(shape.coded_height());
  const auto chunk = source.find(type, unit, static_cast<std::uint32_t>(index));
  if (!chunk || chunk->size == 0 || chunk->size > samples * 4 * 32 + 1024)
    throw Failure(HOLO_CORRUPT,
                  "tile " + std::to_string(index) +
                      (chunk ? " has an impossible size" : " is missing") +
                      "; the file is damaged, fetch it again",
                  {}, static_cast<std::int64_t>(unit));
  std::vector<std::uint8_t> bytes(chunk->size);
  source.read(*chunk, 0, bytes.data(), bytes.size());
  return bytes;
}

}  // namespace holo::image
