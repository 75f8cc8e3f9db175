// Tiles of a layer are independent: each is a body of a parallel loop, and the order of chunks is
// fixed. A layer codes what the enlarged layer below it leaves over.
#include "plugins/holo-image/tiled_mode.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "plugins/holo-image/alpha.hpp"
#include "plugins/holo-image/pyramid.hpp"
#include "plugins/holo-image/tile_layout.hpp"
#include "plugins/holo-image/tile_profile.hpp"

namespace holo::image {
namespace {

constexpr std::uint32_t kThumbnailChunk = fourcc("thmb");
constexpr int kThumbnailEffort = 9;
constexpr double kThumbnailQuality = 50;

// Quality of half the step and of twice the step.
constexpr double kHalving = 14;

// Layers below the last are quantized in steps twice as coarse: what they leave over is coded once
// more anyway, and with equal steps several layers cost half as much again. Layers above the first
// hold halves, so their steps are half as large for the same error.
TileOptions options_of(const Params& params, bool first, bool last) {
  const double shift = (last ? 0 : -kHalving) + (first ? 0 : kHalving);
  return {std::max(0.0, params.number("quality") + shift),
          static_cast<int>(params.integer("effort")), params.choice("tune") == "ssim"};
}

// The source of a tile of a layer: the picture's samples there, halved as often as needed.
TilePixels scaled_tile(const Unit& unit, const holo_image& image, const Layer& layer,
                       const Region& region) {
  const Region full{
      region.x << layer.shift, region.y << layer.shift,
      std::min(region.width << layer.shift, image.width - (region.x << layer.shift)),
      std::min(region.height << layer.shift, image.height - (region.y << layer.shift))};
  TilePixels tile = read_tile(unit, image, full);
  tile.alpha.clear();
  tile.shape.alpha_depth = 0;
  for (int i = 0; i < layer.shift; ++i) tile = halve(tile);
  return tile;
}

// What a tile of a layer is foretold to be by the tile below it.
TilePixels from_below(const TilePixels& below, const Layer& lower, const Region& region,
                      const TileShape& shape) {
  const std::int64_t side = 2 * lower.grid.tile;
  return enlarge(below, static_cast<int>(region.x % side), static_cast<int>(region.y % side),
                 shape);
}

void write_thumbnail(const Params& params, const Sink& sink, const Unit& unit,
                     const holo_image& image) {
  const auto longest = static_cast<int>(params.integer("thumbnail"));
  if (longest == 0) return;
  const int shift = thumbnail_shift(image, longest);
  if (shift == 0) return;  // it would be the picture once more
  const TilePixels thumbnail = make_thumbnail(unit, image, shift);
  sink.write(kThumbnailChunk, unit.index(), 0, HOLO_CHUNK_KEY,
             encode_tile(thumbnail, {kThumbnailQuality, kThumbnailEffort, false}, {}));
}

// Decodes the layers of a region from the lowest up.
class LayeredDecoder {
 public:
  LayeredDecoder(const Host& host, const Source& source, const RenderRequest& request)
      : host_(host),
        source_(source),
        request_(request),
        image_(source.stream().image()),
        layers_(layers_of(image_, source.params())),
        wanted_(request.region(image_)) {}

  void render(const Unit& out) {
    std::int64_t total = 0;
    for (const Layer& layer : layers_)
      for (const std::int64_t index : tiles_of(layer))
        total += block_rows(layer.grid.region(index));
    if (image_.has_alpha != 0)
      for (const std::int64_t index : tiles_of(layers_.back()))
        total += block_rows(layers_.back().grid.region(index));
    RowCounter counter(host_, total);
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      const Layer& layer = layers_[l];
      const std::vector<std::int64_t> indices = tiles_of(layer);
      const bool top = l + 1 == layers_.size();
      std::map<std::int64_t, TilePixels> decoded;
      if (!top)
        for (const std::int64_t index : indices) decoded[index];
      host_.parallel_for(indices.size(), [&](std::uint64_t i) {
        TilePixels tile = decode(l, indices[i], counter);
        if (!top) {
          decoded.at(indices[i]) = std::move(tile);
          return;
        }
        const auto alpha_done = [&](int rows) { counter.add(rows); };
        if (!read_alpha(source_, request_.unit(), indices[i], image_, tile, alpha_done)) ++opaque_;
        write_tile(tile, image_, layer.grid.region(indices[i]), wanted_, out);
      });
      below_ = std::move(decoded);
    }
    if (coarse_ > 0)
      host_.warn(std::to_string(coarse_) +
                 " tiles are missing from the file; they are shown as coarse as what is there");
    if (opaque_ > 0)
      host_.warn("the alpha of " + std::to_string(opaque_) +
                 " tiles is missing from the file; they are shown opaque");
  }

 private:
  // Tiles of a layer that the wanted region needs.
  [[nodiscard]] std::vector<std::int64_t> tiles_of(const Layer& layer) const {
    const std::int64_t left = wanted_.x >> layer.shift, top = wanted_.y >> layer.shift;
    return layer.grid.tiles_in({left, top,
                                ((wanted_.x + wanted_.width - 1) >> layer.shift) - left + 1,
                                ((wanted_.y + wanted_.height - 1) >> layer.shift) - top + 1});
  }

  TilePixels decode(std::size_t l, std::int64_t index, RowCounter& counter) {
    const Layer& layer = layers_[l];
    const Region region = layer.grid.region(index);
    TileShape shape = tile_shape(image_, region);
    shape.alpha_depth = 0;
    std::optional<TilePixels> prediction;
    if (l > 0) {
      const Layer& lower = layers_[l - 1];
      prediction = from_below(below_.at(lower.grid.holding(region.x / 2, region.y / 2)), lower,
                              region, shape);
    }
    if (!source_.find(layer.chunk, request_.unit(), static_cast<std::uint32_t>(index))) {
      counter.add(static_cast<int>(block_rows(region)));
      return coarse(index, region, shape, std::move(prediction));
    }
    const std::vector<std::uint8_t> bytes =
        read_tile_chunk(source_, layer.chunk, request_.unit(), index, shape);
    // Of the only layer, rows below the region need not be decoded.
    const std::int64_t rows =
        layers_.size() == 1 ? std::min(wanted_.y + wanted_.height - region.y, region.height) : 0;
    TilePixels tile =
        unwrap(decode_tile(bytes, shape, {request_.components(), static_cast<int>(rows)},
                           [&](int done) { counter.add(done); }));
    if (prediction) add(tile, *prediction);
    return tile;
  }

  TilePixels coarse(std::int64_t index, const Region& region, const TileShape& shape,
                    std::optional<TilePixels> prediction) {
    if (!prediction) prediction = from_thumbnail(region, shape);
    if (!prediction)
      throw Failure(HOLO_CORRUPT,
                    "tile " + std::to_string(index) +
                        " is missing, and the file holds nothing "
                        "coarser to show in its place; fetch the file again",
                    {}, static_cast<std::int64_t>(request_.unit()));
    ++coarse_;
    return std::move(*prediction);
  }

  std::optional<TilePixels> from_thumbnail(const Region& region, const TileShape& shape) {
    const auto longest = static_cast<int>(source_.params().integer("thumbnail"));
    if (longest < 1 || layers_.size() > 1 || !source_.find(kThumbnailChunk, request_.unit(), 0))
      return std::nullopt;
    const int shift = thumbnail_shift(image_, longest);
    std::call_once(thumbnail_read_, [&] {
      const TileShape small = thumbnail_shape(image_, shift);
      thumbnail_ = unwrap(decode_tile(
          read_tile_chunk(source_, kThumbnailChunk, request_.unit(), 0, small), small, {}, {}));
    });
    return enlarge_thumbnail(thumbnail_, shift, region, shape);
  }

  const Host& host_;
  const Source& source_;
  const RenderRequest& request_;
  const holo_image& image_;
  std::vector<Layer> layers_;
  Region wanted_;
  std::map<std::int64_t, TilePixels> below_;
  std::once_flag thumbnail_read_;
  TilePixels thumbnail_;
  std::atomic<std::int64_t> coarse_ = 0, opaque_ = 0;
};

}  // namespace

void encode_tiled(const Host& host, const Params& params, const Sink& sink, const Unit& unit) {
  const holo_image& image = unit.image();
  expect_supported(image);
  const std::vector<Layer> layers = layers_of(image, params);
  if (layers.size() == 1) write_thumbnail(params, sink, unit, image);
  std::int64_t total = 0;
  for (const Layer& layer : layers) total += block_rows(layer.grid);
  if (image.has_alpha != 0) total += block_rows(layers.back().grid);
  RowCounter counter(host, total);
  std::vector<TilePixels> below;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const Layer& layer = layers[l];
    const bool top = l + 1 == layers.size();
    const TileOptions options = options_of(params, l == 0, top);
    const auto count = static_cast<std::uint64_t>(layer.grid.count());
    std::vector<std::vector<std::uint8_t>> tiles(count);
    std::vector<TilePixels> decoded(top ? 0 : count);
    host.parallel_for(count, [&](std::uint64_t index) {
      const Region region = layer.grid.region(static_cast<std::int64_t>(index));
      TilePixels tile = scaled_tile(unit, image, layer, region);
      std::optional<TilePixels> prediction;
      if (l > 0) {
        const Layer& lower = layers[l - 1];
        prediction = from_below(below[std::size_t(lower.grid.holding(region.x / 2, region.y / 2))],
                                lower, region, tile.shape);
        subtract(tile, *prediction);
      }
      tiles[index] = encode_tile(tile, options, [&](int rows) { counter.add(rows); });
      if (top) return;
      decoded[index] = unwrap(decode_tile(tiles[index], tile.shape, {}, {}));
      if (prediction) add(decoded[index], *prediction);
    });
    for (std::uint64_t index = 0; index < count; ++index)
      sink.write(layer.chunk, unit.index(), static_cast<std::uint32_t>(index), HOLO_CHUNK_KEY,
                 tiles[index]);
    below = std::move(decoded);
  }
  write_alpha(host, sink, unit, image, layers.back().grid,
              static_cast<int>(params.integer("effort")), [&](int rows) { counter.add(rows); });
}

void render_tiled(const Host& host, const Source& source, const RenderRequest& request,
                  const Unit& out) {
  expect_supported(source.stream().image());
  LayeredDecoder(host, source, request).render(out);
}

}  // namespace holo::image
