// Whole samples by absolute differences down a hexagon, then half and quarter samples by Hadamard
// sums.
#include "plugins/holovid/motion_search.hpp"

#include <array>
#include <bit>
#include <cstdlib>

#include "plugins/holovid/interpolate.hpp"
#include "plugins/holovid/match.hpp"

namespace holo::holovid {
namespace {

struct Offset {
  int x;
  int y;
};
constexpr std::array<Offset, 6> kHexagon = {{{-2, 0}, {-1, -2}, {1, -2}, {2, 0}, {1, 2}, {-1, 2}}};
constexpr std::array<Offset, 8> kAround = {
    {{-1, 0}, {1, 0}, {0, -1}, {0, 1}, {-1, -1}, {1, -1}, {-1, 1}, {1, 1}}};

int component_bits(int difference) {
  const auto magnitude = static_cast<unsigned>(std::abs(difference));
  return magnitude == 0 ? 1 : 2 * static_cast<int>(std::bit_width(magnitude + 1)) - 1;
}

Vector moved(Vector v, Offset o, int scale) {
  return {static_cast<std::int16_t>(v.x + o.x * scale),
          static_cast<std::int16_t>(v.y + o.y * scale)};
}

}  // namespace

double vector_bits(Vector vector, Vector predicted) {
  return component_bits(vector.x - predicted.x) + component_bits(vector.y - predicted.y);
}

SearchResult search_motion(const Frame& frame, const Plane& source, const Unit& unit, int r,
                           std::span<const Vector> starts, double root_lambda,
                           const SearchEffort& effort) {
  const int size = unit.size();
  const Plane& reference = frame.references[static_cast<std::size_t>(r)]->picture.planes[0];
  const BlockView original{source.at(unit.x, unit.y), source.stride()};
  const Vector predicted = predict_vector(frame, unit, r);

  const auto whole_cost = [&](Vector v) {
    const BlockView candidate{reference.at(unit.x + (v.x >> 2), unit.y + (v.y >> 2)),
                              reference.stride()};
    return sum_absolute(original, candidate, size, size) + root_lambda * vector_bits(v, predicted);
  };
  const auto to_whole = [&](Vector v) {
    v = clamp_vector(frame.format, unit, v);
    return Vector{static_cast<std::int16_t>(((v.x + 2) >> 2) * 4),
                  static_cast<std::int16_t>(((v.y + 2) >> 2) * 4)};
  };
  const auto inside = [&](Vector v) { return clamp_vector(frame.format, unit, v) == v; };

  Vector best = to_whole(predicted);
  if (!inside(best)) best = {};
  double best_cost = whole_cost(best);
  const auto try_whole = [&](Vector v) {
    if (!inside(v) || v == best) return false;
    const double cost = whole_cost(v);
    if (cost >= best_cost) return false;
    best = v;
    best_cost = cost;
    return true;
  };
  try_whole({});
  for (const Vector& start : starts) try_whole(to_whole(start));
  for (int step = 0; step < effort.steps; ++step) {
    const Vector centre = best;
    for (const Offset& o : kHexagon) try_whole(moved(centre, o, 4));
    if (best == centre) break;
  }
  const Vector centre = best;
  for (const Offset& o : kAround) try_whole(moved(centre, o, 4));

  std::array<std::uint16_t, kCtuSize * kCtuSize> block;
  const auto fine_cost = [&](Vector v) {
    BlockView candidate{reference.at(unit.x + (v.x >> 2), unit.y + (v.y >> 2)), reference.stride()};
    if (((v.x | v.y) & 3) != 0) {
      interpolate_luma(candidate.samples, candidate.stride, v.x & 3, v.y & 3, size, size,
                       frame.format.max_value(), block.data(), size);
      candidate = {block.data(), size};
    }
    return sum_hadamard(original, candidate, size, size) + root_lambda * vector_bits(v, predicted);
  };
  best_cost = fine_cost(best);
  const auto try_fine = [&](Vector v) {
    if (!inside(v) || v == best) return;
    const double cost = fine_cost(v);
    if (cost < best_cost) {
      best = v;
      best_cost = cost;
    }
  };
  try_fine(clamp_vector(frame.format, unit, predicted));
  for (int scale = 2; scale >= 1; --scale) {
    const Vector middle = best;
    const std::size_t count = effort.diagonal ? kAround.size() : 4;
    for (std::size_t i = 0; i < count; ++i) try_fine(moved(middle, kAround[i], scale));
  }
  return {best, best_cost};
}

}  // namespace holo::holovid
