// Sums of products of gradients, and what they say of the direction of structure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace holo::image::deep {

struct GradientSums {
  std::int64_t xx = 0, yy = 0, xy = 0, count = 0;

  void add(std::int64_t gx, std::int64_t gy) {
    xx += gx * gx;
    yy += gy * gy;
    xy += gx * gy;
    ++count;
  }
  [[nodiscard]] std::int64_t energy() const { return xx + yy; }
  // Which of 16 sectors the doubled angle of the gradient lies in.
  [[nodiscard]] int sector() const {
    const std::int64_t a = xx - yy, b = 2 * xy;
    const std::int64_t u = std::abs(a), v = std::abs(b);
    // tan(22.5 degrees) is 27146 / 65536.
    int octant = std::min(u, v) * 65536 > std::max(u, v) * 27146 ? 1 : 0;
    if (v > u) octant = 3 - octant;
    const int half = a >= 0 ? octant : 7 - octant;
    return b < 0 ? 15 - half : half;
  }
  // How directed it is, 0..100: about sqrt((xx - yy)^2 + (2 xy)^2) / (xx + yy).
  [[nodiscard]] int coherence_percent() const {
    const std::int64_t u = std::abs(xx - yy), v = std::abs(2 * xy);
    const std::int64_t small = std::min(u, v), large = std::max(u, v);
    const std::int64_t length = std::max(large, (large * 7 + small * 4) >> 3);
    return energy() == 0 ? 0
                         : static_cast<int>(std::min<std::int64_t>(100, length * 100 / energy()));
  }
};

}  // namespace holo::image::deep
