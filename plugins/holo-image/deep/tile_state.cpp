// The grid of units and the movement of blocks.
#include "plugins/holo-image/deep/tile_state.hpp"

#include <algorithm>

namespace holo::image::deep {

TileState::TileState(const TileShape& shape)
    : pixels(make_tile(shape)),
      width_(shape.coded_width()),
      height_(shape.coded_height()),
      planes_(shape.colour_planes),
      units_across_(width_ / 4),
      units_(std::size_t(width_ / 4) * std::size_t(height_ / 4)) {}

void TileState::set_units(const Position& at, const Unit& unit) {
  for (int y = at.y; y < at.y + at.side(); y += 4)
    std::fill_n(units_.begin() + std::ptrdiff_t{y >> 2} * units_across_ + (at.x >> 2),
                at.side() / 4, unit);
}

void TileState::save_units(const Position& at, std::vector<Unit>& out) const {
  out.clear();
  for (int y = at.y; y < at.y + at.side(); y += 4) {
    const auto from = units_.begin() + std::ptrdiff_t{y >> 2} * units_across_ + (at.x >> 2);
    out.insert(out.end(), from, from + at.side() / 4);
  }
}

void TileState::restore_units(const Position& at, const std::vector<Unit>& saved) {
  auto from = saved.begin();
  for (int y = at.y; y < at.y + at.side(); y += 4, from += at.side() / 4)
    std::copy_n(from, at.side() / 4,
                units_.begin() + std::ptrdiff_t{y >> 2} * units_across_ + (at.x >> 2));
}

void TileState::forget(const Position& at) { set_units(at, Unit{}); }

void TileState::store(const Position& at, int plane, const Block& block) {
  for (int y = 0; y < at.side(); ++y)
    std::copy_n(block.sample + y * at.side(), at.side(), row(plane, at.y + y) + at.x);
}

void TileState::load(const Position& at, int plane, Block& block) const {
  for (int y = 0; y < at.side(); ++y)
    std::copy_n(row(plane, at.y + y) + at.x, at.side(), block.sample + y * at.side());
}

}  // namespace holo::image::deep
