// What encoder and decoder of a tile keep in step: models and the traces of the blocks around.
#pragma once

#include <array>
#include <vector>

#include "plugins/holo-image/fast/block_syntax.hpp"
#include "plugins/holo-image/fast/prediction.hpp"

namespace holo::image::fast {

// How a block was coded, for the blocks after it.
struct BlockChoice {
  std::uint8_t block_class = 0;
  std::uint8_t modes = 0;  // as in code_modes
};

class TileState {
 public:
  TileState(const TileShape& shape, int quality)
      : contexts(starting_contexts(quality)), luma_step_(luma_step(quality)) {
    const auto columns = static_cast<std::size_t>(shape.coded_width() / kBlockSide);
    choices_.resize(columns);
    for (int p = 0; p < shape.colour_planes; ++p) traces_[std::size_t(p)].resize(columns);
  }

  [[nodiscard]] std::int32_t step(int plane) const {
    return plane == 0 ? luma_step_ : chroma_step(luma_step_);
  }
  // Until the block's own trace is stored, its place still holds that of the block above.
  [[nodiscard]] Surroundings around(int plane, int column, int row, int block_class) const {
    const auto& traces = traces_[std::size_t(plane)];
    return {column > 0 ? &traces[std::size_t(column) - 1] : &outside_,
            row > 0 ? &traces[std::size_t(column)] : &outside_,
            plane > 0 ? &traces_[std::size_t(plane) - 1][std::size_t(column)] : nullptr, plane,
            block_class};
  }
  [[nodiscard]] BlockTrace& trace(int plane, int column) {
    return traces_[std::size_t(plane)][std::size_t(column)];
  }
  // The same for choices: all zeros outside the tile.
  [[nodiscard]] BlockChoice left(int column) const {
    return column > 0 ? choices_[std::size_t(column) - 1] : BlockChoice{};
  }
  [[nodiscard]] BlockChoice& here(int column) { return choices_[std::size_t(column)]; }

  Contexts contexts;

 private:
  std::int32_t luma_step_;
  BlockTrace outside_;
  std::array<std::vector<BlockTrace>, kPlanes> traces_;
  std::vector<BlockChoice> choices_;
};

// The byte in the head of a tile for the start of a plane, and back.
inline std::uint8_t start_byte(std::int16_t start) { return std::uint8_t(start / 64 + 128); }
inline std::int16_t start_sample(std::uint8_t byte) { return std::int16_t((byte - 128) * 64); }

// The parts of a pair of modes.
inline int mode_of(int modes, int plane) {
  return plane == 0 ? 0 : plane == 1 ? modes % 2 : modes / 2;
}

}  // namespace holo::image::fast
