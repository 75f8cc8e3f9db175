// A trained filter over the decoded tile. Every unit of 4x4 falls in a class by the strength and
// direction of its gradients; each class has its own weights of symmetric pairs of neighbours.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "plugins/holo-image/deep/model.hpp"
#include "plugins/holo-image/tile_pixels.hpp"

namespace holo::image::deep {

// Offsets (x, y) of one of each pair; the other is its mirror image at the centre.
struct Offset {
  int x, y;
};
inline constexpr int kPairs = FilterModel::kTaps / 2;
[[nodiscard]] const std::array<Offset, kPairs>& filter_offsets();
inline constexpr int kFilterReach = 3;

[[nodiscard]] inline bool filter_pays(const FilterModel& filter) { return !filter.taps.empty(); }

// Which weights a step uses, 0..kBands-1.
[[nodiscard]] int filter_band(std::int32_t step);
// Differences beyond this are clipped in the second feature of a pair.
[[nodiscard]] constexpr std::int32_t clip_of(std::int32_t step) { return (step * 23 + 32) >> 6; }

// A plane with its edges repeated by kFilterReach samples on every side.
struct PaddedPlane {
  int width = 0, height = 0, stride = 0;
  std::vector<std::int16_t> samples;
  [[nodiscard]] const std::int16_t* at(int x, int y) const {
    return samples.data() + std::ptrdiff_t{y + kFilterReach} * stride + (x + kFilterReach);
  }
};
[[nodiscard]] PaddedPlane pad(const std::vector<std::int16_t>& plane, int width, int height);

// Filters the unit of 4x4 at (x, y) into `out`: kTaps weights, differences clipped at `clip`. Every
// machine gives the same samples; filter_unit_portable is for machines without vectors, and tests.
void filter_unit(const PaddedPlane& in, int x, int y, const std::int16_t* taps, std::int32_t clip,
                 std::int16_t* out, std::ptrdiff_t out_stride);
void filter_unit_portable(const PaddedPlane& in, int x, int y, const std::int16_t* taps,
                          std::int32_t clip, std::int16_t* out, std::ptrdiff_t out_stride);

// The class of each unit of 4x4, by rows, from luma.
[[nodiscard]] std::vector<std::uint8_t> classify_units(const PaddedPlane& luma, std::int32_t step);

// Filters the first `rows` of all planes of a tile in place; looks kFilterSight rows further.
inline constexpr int kFilterSight = 8;
void filter_tile(const FilterModel& filter, std::int32_t step, int rows, TilePixels& tile);

}  // namespace holo::image::deep
