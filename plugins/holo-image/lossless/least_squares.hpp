// Weights that would have predicted given samples best, found in integers alone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace holo::image::lossless {

inline constexpr int kMaxFeatures = 24;
inline constexpr int kWeightBits = 16;  // a weight of 65536 takes a feature as it is
using Weights = std::array<std::int32_t, kMaxFeatures>;

// Normal equations: the lower triangle of the matrix row by row, then the right side.
[[nodiscard]] constexpr std::size_t triangle(int row) { return std::size_t(row * (row + 1) / 2); }
[[nodiscard]] constexpr std::size_t equation_size(int features) {
  return triangle(features + 1) - 1;
}
inline constexpr std::size_t kMaxEquations = triangle(kMaxFeatures + 1) - 1;
using Equations = std::array<std::int64_t, kMaxEquations>;

// Solves by LDL' with pivots kept positive. Any entries whatever give some weights, within +-8.
void solve(const Equations& equations, int features, Weights& weights);

}  // namespace holo::image::lossless
