// What encoder and decoder of a tile keep in step: decoded samples and what blocks told about
// themselves, on a grid of units of 4x4 samples.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "plugins/holo-image/deep/model.hpp"
#include "plugins/holo-image/deep/transform.hpp"
#include "plugins/holo-image/tile_pixels.hpp"

namespace holo::image::deep {

inline constexpr int kPlanes = 3;  // Y, Cb, Cr

// How strong a plane's levels were in each band of frequency: 16 times their mean, at most 255.
using Spectrum = std::array<std::uint8_t, kBins>;

struct Unit {
  bool known = false;
  std::uint8_t size = 0;
  std::uint8_t block_class = 0;
  std::array<std::uint8_t, kPlanes> mode{};      // [0] is always 0
  std::array<std::uint8_t, kPlanes> nonzeros{};  // at most 255
  std::array<std::int16_t, kPlanes> gain{};      // 16 log2 of levels against expectation
  std::int32_t spectrum = -1;                    // index into the tile's spectra, of Y; then Cb, Cr
};

struct Position {
  int x = 0;  // samples
  int y = 0;
  int size = 0;  // index into kSide
  [[nodiscard]] int side() const { return kSide[std::size_t(size)]; }
};

class TileState {
 public:
  explicit TileState(const TileShape& shape);

  [[nodiscard]] int width() const { return width_; }
  [[nodiscard]] int height() const { return height_; }
  [[nodiscard]] int planes() const { return planes_; }
  [[nodiscard]] std::int16_t* row(int plane, int y) {
    return pixels.colour[std::size_t(plane)].data() + std::size_t(y) * std::size_t(width_);
  }
  [[nodiscard]] const std::int16_t* row(int plane, int y) const {
    return pixels.colour[std::size_t(plane)].data() + std::size_t(y) * std::size_t(width_);
  }

  // The unit that holds sample (x, y); one that is not known outside the tile.
  [[nodiscard]] const Unit& unit(int x, int y) const {
    if (x < 0 || y < 0 || x >= width_ || y >= height_) return outside_;
    return units_[std::size_t(y >> 2) * std::size_t(units_across_) + std::size_t(x >> 2)];
  }
  void set_units(const Position& at, const Unit& unit);
  // For a search: forgets and restores what lies under a block.
  void save_units(const Position& at, std::vector<Unit>& out) const;
  void restore_units(const Position& at, const std::vector<Unit>& saved);
  void forget(const Position& at);

  void store(const Position& at, int plane, const Block& block);
  void load(const Position& at, int plane, Block& block) const;

  TilePixels pixels;
  std::vector<Spectrum> spectra;

 private:
  int width_, height_, planes_, units_across_;
  std::vector<Unit> units_;
  Unit outside_;
};

}  // namespace holo::image::deep
