// The ring of decoded neighbours from which a block is predicted.
//
// For a block of side N: sample 0 is the corner, 1..2N the row above (twice as far as the block is
// wide), 2N+1..4N the column on the left. Predictors of blocks up to 16 read the ring as it is
// (4N+1 inputs); those of 32 read the corner and means of neighbouring pairs (2N+1 inputs).
#pragma once

#include <array>
#include <cstdint>

namespace holo::image::deep {

inline constexpr int kMaxSide = 32;
inline constexpr int kMaxRing = 4 * kMaxSide + 1;
inline constexpr int kMaxRingInputs = 4 * 16 + 1;

template <class T>
using RawRing = std::array<T, kMaxRing>;

[[nodiscard]] constexpr int ring_samples(int side) { return 4 * side + 1; }
[[nodiscard]] constexpr int ring_inputs(int side) { return side == 32 ? 65 : 4 * side + 1; }

// Input r of the predictor. Integers round half up.
template <class T>
[[nodiscard]] constexpr T pooled_sample(const RawRing<T>& ring, int side, int r) {
  if (side < 32 || r == 0) return ring[static_cast<std::size_t>(r)];
  const auto first = static_cast<std::size_t>(2 * r - 1);
  if constexpr (static_cast<T>(0.5f) > 0)
    return (ring[first] + ring[first + 1]) / 2;
  else
    return static_cast<T>((ring[first] + ring[first + 1] + 1) >> 1);
}

}  // namespace holo::image::deep
