// What the blocks around tell about the levels of a block, gathered before it is coded.
#pragma once

#include <array>
#include <cstdint>

#include "plugins/holo-image/deep/expectation.hpp"
#include "plugins/holo-image/deep/prediction.hpp"
#include "plugins/holo-image/deep/tile_state.hpp"

namespace holo::image::deep {

struct Surroundings {
  int gain = 0;             // 16 log2: mean gain of the units beside, or the start
  int beside_nonzeros = 0;  // 0..7
  int roughness = 0;        // 0..15: deviation of the ring against the step
  std::array<std::uint8_t, kBins> bin_level{};  // buckets 0..11 of the mean spectrum beside
  std::array<std::uint16_t, kBins> bin_mean{};  // the mean itself, 16 times a level
};

// Gain alone, which is what an encoder's search needs.
[[nodiscard]] int gain_beside(const TileState& state, const Position& at, int plane);

[[nodiscard]] Surroundings surroundings_of(const TileState& state, const Position& at, int plane,
                                           const Ring& ring, int log_step);

// The structure of what is decoded above and on the left: direction 0..15 of its gradients and a
// bucket 0..15 of how directed and how strong they are (0: nothing known).
struct Orientation {
  int direction = 0;
  int strength = 0;
};
[[nodiscard]] Orientation orientation_of(const TileState& state, const Position& at);

}  // namespace holo::image::deep
