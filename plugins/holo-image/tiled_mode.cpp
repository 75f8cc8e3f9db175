// Tiles are independent: each is a body of a parallel loop, and the order of chunks is fixed.
#include "plugins/holo-image/tiled_mode.hpp"

#include <atomic>
#include <vector>

#include "plugins/holo-image/fast/tile_codec.hpp"
#include "plugins/holo-image/tile_grid.hpp"

namespace holo::image {
namespace {

constexpr int kEffort = 3;
constexpr std::uint32_t kTileChunk = fourcc("tile");
// A tile is held in memory while it is coded: one tile of all must not be larger than this.
constexpr std::int64_t kMaxTileSamples = std::int64_t{1} << 26;

TileGrid grid_of(const holo_image& image, const Params& params) {
  const std::string& tile = params.choice("tile");
  TileGrid grid{image.width, image.height, 65536};
  for (const int side : {64, 128, 256, 512})
    if (tile == std::to_string(side)) grid.tile = side;
  const Region first = grid.region(0);
  if (first.width * first.height > kMaxTileSamples)
    throw Failure(HOLO_UNSUPPORTED,
                  "a picture of " + std::to_string(image.width) + "x" +
                      std::to_string(image.height) +
                      " is too large for one tile of at most 64 megapixels; use tile=512",
                  "tile");
  return grid;
}

// Counts rows of blocks over all tiles, so that one large tile moves on and can be cancelled, too.
class RowCounter {
 public:
  RowCounter(const Host& host, std::int64_t total) : host_(host), total_(total) {}
  void add(int rows) {
    done_ += rows;
    host_.progress(static_cast<double>(done_) / static_cast<double>(total_));
  }

 private:
  const Host& host_;
  std::int64_t total_;
  std::atomic<std::int64_t> done_ = 0;
};

std::int64_t block_rows(const Region& region) { return (region.height + 7) / 8; }

// More than any tile that the encoder can write.
std::uint64_t largest_chunk(const TileShape& shape) {
  const auto samples = static_cast<std::uint64_t>(shape.coded_width()) *
                       static_cast<std::uint64_t>(shape.coded_height());
  return samples * 4 * 32 + 64;
}

}  // namespace

void encode_trained(const Host& host, const Params& params, const Sink& sink, const Unit& unit) {
  const holo_image& image = unit.image();
  expect_supported(image);
  const TileGrid grid = grid_of(image, params);
  const int quality = static_cast<int>(params.integer("quality"));
  const auto count = static_cast<std::uint64_t>(grid.columns() * grid.rows());
  std::vector<std::vector<std::uint8_t>> tiles(count);
  std::int64_t total = 0;
  for (std::uint64_t index = 0; index < count; ++index)
    total += block_rows(grid.region(static_cast<std::int64_t>(index)));
  RowCounter counter(host, total);
  host.parallel_for(count, [&](std::uint64_t index) {
    const Region region = grid.region(static_cast<std::int64_t>(index));
    tiles[index] = fast::encode_tile(read_tile(unit, image, region), quality, kEffort,
                                     [&](int rows) { counter.add(rows); });
  });
  for (std::uint64_t index = 0; index < count; ++index)
    sink.write(kTileChunk, unit.index(), static_cast<std::uint32_t>(index), HOLO_CHUNK_KEY,
               tiles[index]);
}

void render_trained(const Host& host, const Source& source, const RenderRequest& request,
                    const Unit& out) {
  const holo_image& image = source.stream().image();
  expect_supported(image);
  const TileGrid grid = grid_of(image, source.params());
  const Region wanted = request.region(image);
  std::vector<holo_chunk> chunks;
  std::vector<Region> regions;
  for (std::int64_t row = wanted.y / grid.tile; row * grid.tile < wanted.y + wanted.height; ++row)
    for (std::int64_t column = wanted.x / grid.tile; column * grid.tile < wanted.x + wanted.width;
         ++column) {
      const std::int64_t index = row * grid.columns() + column;
      const auto chunk = source.find(kTileChunk, request.unit(), static_cast<std::uint32_t>(index));
      regions.push_back(grid.region(index));
      if (!chunk || chunk->size == 0 ||
          chunk->size > largest_chunk(tile_shape(image, regions.back())))
        throw Failure(HOLO_CORRUPT,
                      "tile " + std::to_string(index) +
                          (chunk ? " has an impossible size" : " is missing") +
                          "; the file is damaged, fetch it again",
                      {}, static_cast<std::int64_t>(request.unit()));
      chunks.push_back(*chunk);
    }
  std::int64_t total = 0;
  for (const Region& region : regions) total += block_rows(region);
  RowCounter counter(host, total);
  host.parallel_for(chunks.size(), [&](std::uint64_t i) {
    std::vector<std::uint8_t> bytes(chunks[i].size);
    source.read(chunks[i], 0, bytes.data(), bytes.size());
    const TilePixels tile =
        unwrap(fast::decode_tile(bytes, tile_shape(image, regions[i]), request.components(),
                                 [&](int rows) { counter.add(rows); }));
    write_tile(tile, image, regions[i], wanted, out);
  });
}

}  // namespace holo::image
