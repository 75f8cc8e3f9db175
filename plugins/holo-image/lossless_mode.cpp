// The walk over tiles around the lossless coder.
#include "plugins/holo-image/lossless_mode.hpp"

#include <vector>

#include "plugins/holo-image/lossless/tile_codec.hpp"
#include "plugins/holo-image/lossless/unit_samples.hpp"
#include "plugins/holo-image/tile_layout.hpp"

namespace holo::image {
namespace {

constexpr std::uint32_t kTileChunk = fourcc("tile");

}  // namespace

void encode_lossless(const Host& host, const Params& params, const Sink& sink, const Unit& unit) {
  const holo_image& image = unit.image();
  expect_supported(image);
  const TileGrid grid = grid_of(image.width, image.height, params);
  const auto effort = static_cast<int>(params.integer("effort"));
  const auto count = static_cast<std::uint64_t>(grid.count());
  std::vector<std::vector<std::uint8_t>> tiles(count);
  RowCounter counter(host, block_rows(grid));
  host.parallel_for(count, [&](std::uint64_t index) {
    const Region region = grid.region(static_cast<std::int64_t>(index));
    tiles[index] = lossless::encode_tile(lossless::read_samples(unit, image, region), effort,
                                         [&](int rows) { counter.add(rows); });
  });
  for (std::uint64_t index = 0; index < count; ++index)
    sink.write(kTileChunk, unit.index(), static_cast<std::uint32_t>(index), HOLO_CHUNK_KEY,
               tiles[index]);
}

void render_lossless(const Host& host, const Source& source, const RenderRequest& request,
                     const Unit& out) {
  const holo_image& image = source.stream().image();
  expect_supported(image);
  const TileGrid grid = grid_of(image.width, image.height, source.params());
  const Region wanted = request.region(image);
  const std::vector<std::int64_t> indices = grid.tiles_in(wanted);
  std::int64_t total = 0;
  for (const std::int64_t index : indices) total += block_rows(grid.region(index));
  RowCounter counter(host, total);
  host.parallel_for(indices.size(), [&](std::uint64_t i) {
    const Region region = grid.region(indices[i]);
    const std::vector<std::uint8_t> bytes =
        read_tile_chunk(source, kTileChunk, request.unit(), indices[i], tile_shape(image, region));
    const lossless::Samples samples = unwrap(lossless::decode_tile(
        bytes, lossless::shape_of(image, region), [&](int rows) { counter.add(rows); }));
    lossless::write_samples(samples, image, region, wanted, out);
  });
}

}  // namespace holo::image
