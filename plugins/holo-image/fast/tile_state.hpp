// What encoder and decoder of a tile keep in step: contexts and the traces of the blocks around.
#pragma once

#include <array>
#include <vector>

#include "plugins/holo-image/fast/contexts.hpp"
#include "plugins/holo-image/fast/prediction.hpp"
#include "plugins/holo-image/fast/tile_codec.hpp"

namespace holo::image {

class TileState {
 public:
  TileState(const TileShape& shape, int quality)
      : contexts(starting_contexts(quality)), luma_step_(luma_step(quality)) {
    for (auto& row : rows_) row.resize(static_cast<std::size_t>(shape.coded_width() / kBlockSide));
  }

  [[nodiscard]] std::int32_t step(int plane) const {
    return plane == 0 ? luma_step_ : chroma_step(luma_step_);
  }
  // Until the block's own trace is stored, its place still holds that of the block above.
  [[nodiscard]] Surroundings around(int plane, int column, int row, int block_class) const {
    const auto& traces = rows_[std::size_t(plane)];
    return {column > 0 ? &traces[std::size_t(column) - 1] : &outside_,
            row > 0 ? &traces[std::size_t(column)] : &outside_,
            plane > 0 ? &rows_[std::size_t(plane) - 1][std::size_t(column)] : nullptr, plane,
            block_class};
  }
  [[nodiscard]] BlockTrace& trace(int plane, int column) {
    return rows_[std::size_t(plane)][std::size_t(column)];
  }

  Contexts contexts;

 private:
  std::int32_t luma_step_;
  BlockTrace outside_;
  std::array<std::vector<BlockTrace>, kPlaneKinds> rows_;
};

inline PlaneView view(TilePixels& tile, int plane) {
  return {tile.colour[std::size_t(plane)].data(), tile.shape.coded_width(),
          tile.shape.coded_height()};
}

// The byte in the head of a tile for the start of a plane, and back.
inline std::uint8_t start_byte(std::int16_t start) { return std::uint8_t(start / 64 + 128); }
inline std::int16_t start_sample(std::uint8_t byte) { return std::int16_t((byte - 128) * 64); }

// What a chroma block is foretold to be; `mode` as in code_chroma_mode. Luma is always mode 0.
inline void predict_block(TilePixels& tile, int plane, int mode, const BlockClass& block_class,
                          int x, int y, Block& out) {
  const Ring ring = ring_of(view(tile, plane), x, y, tile.start[std::size_t(plane)]);
  if (mode == 0) return predict_from_ring(block_class, ring, out);
  const PlaneView source = view(tile, mode - 1);
  predict_from_plane(ring, ring_of(source, x, y, tile.start[std::size_t(mode) - 1]), source, x, y,
                     out);
}

}  // namespace holo::image
