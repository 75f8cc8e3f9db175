// Deviations of 8x8 blocks of luma, averaged in the logarithm.
#include "plugins/holo-image/deep/activity.hpp"

#include <algorithm>
#include <cmath>

#include "plugins/holo-image/deep/ring.hpp"
#include "plugins/holo-image/deep/step_field.hpp"

namespace holo::image::deep {
namespace {

// log2 of the deviation of an 8x8 block in 8-bit steps, with one step added.
double log_deviation(const TilePixels& tile, int x0, int y0) {
  const int width = tile.shape.coded_width();
  double sum = 0, squares = 0;
  for (int y = y0; y < y0 + 8; ++y)
    for (int x = x0; x < x0 + 8; ++x) {
      const double sample =
          tile.colour[0][std::size_t(y) * std::size_t(width) + std::size_t(x)] / 64.0;
      sum += sample;
      squares += sample * sample;
    }
  return std::log2(1 + std::sqrt(std::max(0.0, squares / 64 - sum * sum / 4096)));
}

// A photograph's usual mean: tiles of one picture must agree on it.
constexpr double kUsual = 3.0;

}  // namespace

std::vector<int> offsets_by_activity(const TilePixels& tile, double strength) {
  std::vector<int> offsets;
  const int width = tile.shape.coded_width(), height = tile.shape.coded_height();
  for (int y = 0; y < height; y += kMaxSide)
    for (int x = 0; x < width; x += kMaxSide) {
      double sum = 0;
      int count = 0;
      for (int j = y; j < std::min(y + kMaxSide, height); j += 8)
        for (int i = x; i < std::min(x + kMaxSide, width); i += 8, ++count)
          sum += log_deviation(tile, i, j);
      const double offset = 4 * strength * (sum / count - kUsual);
      offsets.push_back(int(std::clamp(std::lround(offset), long{-kOffsetMax}, long{kOffsetMax})));
    }
  return offsets;
}

}  // namespace holo::image::deep
