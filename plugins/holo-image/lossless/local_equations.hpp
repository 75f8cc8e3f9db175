// Normal equations of the samples around: blocks of a row are summed up in columns that forget
// from row to row, in a narrow window and in a wide one.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "plugins/holo-image/lossless/least_squares.hpp"

namespace holo::image::lossless {

inline constexpr int kBlock = 8;          // samples of a row that share the narrow weights
inline constexpr int kWideBlock = 32;     // and the wide ones
inline constexpr int kMaxFeature = 2046;  // what features are limited to when they are learnt

// For each sample of a block its features, and behind them the value that they should have given.
using FeatureBlock = std::array<std::array<std::int16_t, kMaxFeatures + 8>, kBlock>;

class LocalEquations {
 public:
  LocalEquations(int width, int features);

  // Learns the block that starts at x; samples that it lacks are zeros.
  void learn(int x, const FeatureBlock& block);
  // The equations for samples from x on.
  void narrow(int x, Equations& out) const;
  void wide(int x, Equations& out) const;

 private:
  using Column = std::array<std::int32_t, kMaxEquations>;
  int features_;
  std::vector<Column> narrow_;  // with an empty one on each side
  std::vector<Column> wide_;
};

}  // namespace holo::image::lossless
