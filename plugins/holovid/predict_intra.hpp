// Intra prediction from the samples around a block: planar, mean, and 33 directions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace holo::holovid {

inline constexpr int kPlanar = 0;
inline constexpr int kMean = 1;
inline constexpr int kFirstDirection =
    2;  // 2 points down left, 10 left, 18 up left, 26 up, 34 up right
inline constexpr int kIntraModes = 35;

// The 4 N + 1 samples around an N x N block: from the lowest left one (index 0) up to the corner
// (2 N), then along the top to the last right one (4 N).
using Edge = std::array<std::uint16_t, 4 * 32 + 1>;

// `smooth`: filter the edge first where the mode and size call for it (plane 0).
void predict_intra(int mode, int log2_size, const Edge& edge, bool smooth, std::uint16_t* out,
                   std::ptrdiff_t stride);

}  // namespace holo::holovid
