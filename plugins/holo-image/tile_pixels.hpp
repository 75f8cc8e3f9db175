// The samples of one tile, as every way of coding a tile takes and gives them.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

namespace holo::image {

struct TileShape {
  int width = 0;  // samples that are shown, >= 1
  int height = 0;
  int colour_planes = 3;  // 1 (grey) or 3 (Y, Cb, Cr)
  int alpha_depth = 0;    // 1..16, or 0 without alpha

  // Coded size of the colour planes, multiples of 8.
  [[nodiscard]] int coded_width() const { return (width + 7) / 8 * 8; }
  [[nodiscard]] int coded_height() const { return (height + 7) / 8 * 8; }
};

struct TilePixels {
  TileShape shape;
  std::vector<std::vector<std::int16_t>> colour;  // internal samples, rows of coded_width()
  std::vector<std::uint16_t> alpha;               // width * height, or empty
  // What the first block of each plane is predicted from: a multiple of 64, as a byte on the
  // 8-bit scale in the head of the tile.
  std::array<std::int16_t, 3> start{};
};

// A tile of that shape, its samples not yet set. Allocates 2 bytes a sample.
[[nodiscard]] TilePixels make_tile(const TileShape& shape);

// Called as rows of blocks are done, with their number; with 0 in between. What it throws passes
// through, so that a large tile can be cancelled. May be empty.
using RowsDone = std::function<void(int rows)>;

}  // namespace holo::image
