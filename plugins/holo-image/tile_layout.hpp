// Which tiles and layers a picture is cut into, and the counting of their rows.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include <holo/codec.hpp>

#include "plugins/holo-image/tile_grid.hpp"

namespace holo::image {

// A layer holds the picture at 1/2^shift of its size. The last has shift 0.
struct Layer {
  int shift = 0;
  std::uint32_t chunk = 0;  // type of its tiles
  TileGrid grid;
};

// From the parameters `tile` and `layers`. Throws UNSUPPORTED if a tile would be too large, CORRUPT
// if there cannot be so many layers.
[[nodiscard]] std::vector<Layer> layers_of(const holo_image& image, const Params& params);
[[nodiscard]] TileGrid grid_of(std::int64_t width, std::int64_t height, const Params& params);

[[nodiscard]] constexpr std::int64_t block_rows(const Region& region) {
  return (region.height + 7) / 8;
}

// Of all tiles of a grid.
[[nodiscard]] std::int64_t block_rows(const TileGrid& grid);

// The bytes of a tile. Throws CORRUPT if it is missing, or larger than any that an encoder writes.
[[nodiscard]] std::vector<std::uint8_t> read_tile_chunk(const Source& source, std::uint32_t type,
                                                        std::uint64_t unit, std::int64_t index,
                                                        const TileShape& shape);

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

}  // namespace holo::image
