// One tile of a picture to bytes and back. Tiles know nothing of each other.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "plugins/holo-image/block_syntax.hpp"

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

// Called as rows of blocks are done, with their number; with 0 while alpha is coded. What it throws
// passes through, so that a large tile can be cancelled. May be empty.
using RowsDone = std::function<void(int rows)>;

// The colour planes must be filled to the coded size; quality 0..100. With `learnt`, the contexts
// after the last block are left there, for training.
[[nodiscard]] std::vector<std::uint8_t> encode_tile(const TilePixels& tile, int quality,
                                                    Contexts* learnt = nullptr,
                                                    const RowsDone& rows_done = {});

// Blocks show their first `components` coefficients (0: all), on top of the same prediction: what
// is left out is never missed by the blocks after. Errors: HOLO_CORRUPT.
[[nodiscard]] Result<TilePixels> decode_tile(std::span<const std::uint8_t> bytes,
                                             const TileShape& shape, int components,
                                             const RowsDone& rows_done = {});

}  // namespace holo::image
