// Planes and luma of a unit as doubles.
#include <cstring>

#include "core/metrics/quality.hpp"

namespace holo::metrics {
namespace {

Plane empty_plane(const UnitBuffer& unit, std::size_t index) {
  Plane plane;
  plane.width = unit.plane_width(index);
  plane.height = unit.plane_height(index);
  plane.peak = static_cast<double>((1u << unit.image->bit_depth) - 1);
  plane.samples.assign(static_cast<std::size_t>(plane.width * plane.height), 0.0);
  return plane;
}

// plane += weight * samples of the unit.
template <class Sample>
void add(const UnitBuffer& unit, std::size_t index, double weight, Plane& plane) {
  double* out = plane.samples.data();
  for (std::int64_t y = 0; y < plane.height; ++y) {
    const std::uint8_t* row = unit.plane(index) + y * unit.row_bytes(index);
    for (std::int64_t x = 0; x < plane.width; ++x) {
      Sample sample;
      std::memcpy(&sample, row + x * static_cast<std::int64_t>(sizeof sample), sizeof sample);
      *out++ += weight * sample;
    }
  }
}

void add_plane(const UnitBuffer& unit, std::size_t index, double weight, Plane& plane) {
  bytes_per_sample(*unit.image) == 1 ? add<std::uint8_t>(unit, index, weight, plane)
                                     : add<std::uint16_t>(unit, index, weight, plane);
}

}  // namespace

Plane plane_of(const UnitBuffer& unit, std::size_t index) {
  Plane plane = empty_plane(unit, index);
  add_plane(unit, index, 1.0, plane);
  return plane;
}

Plane luma_of(const UnitBuffer& unit) {
  if (unit.image->model != HOLO_RGB) return plane_of(unit, 0);
  constexpr double kWeights[3] = {0.299, 0.587, 0.114};
  Plane plane = empty_plane(unit, 0);
  for (std::size_t c = 0; c < 3; ++c) add_plane(unit, c, kWeights[c], plane);
  return plane;
}

}  // namespace holo::metrics
