// Ring gathering, and the regression between planes.
#include "plugins/holo-image/fast/prediction.hpp"

#include <algorithm>

namespace holo::image::fast {

Ring ring_of(const PlaneView& plane, int x, int y, std::int16_t start) {
  Ring ring;
  auto& samples = ring.samples;
  const bool has_top = y > 0;
  const bool has_left = x > 0;
  if (has_top) {
    const int known = std::min(16, plane.width - x);
    std::copy_n(plane.at(x, y - 1), kBlockSide, samples.begin() + Ring::kTop);
    if (known == 16)
      std::copy_n(plane.at(x + 8, y - 1), kBlockSide, samples.begin() + Ring::kTop + kBlockSide);
    else
      std::fill_n(samples.begin() + Ring::kTop + kBlockSide, kBlockSide,
                  samples[Ring::kTop + kBlockSide - 1]);
  }
  if (has_left)
    for (int i = 0; i < kBlockSide; ++i)
      samples[Ring::kLeft + std::size_t(i)] = *plane.at(x - 1, y + i);
  if (has_top && has_left) {
    samples[0] = *plane.at(x - 1, y - 1);
  } else if (has_left) {
    std::fill(samples.begin(), samples.begin() + Ring::kLeft, samples[Ring::kLeft]);
  } else if (has_top) {
    samples[0] = samples[Ring::kTop];
    std::fill(samples.begin() + Ring::kLeft, samples.end(), samples[Ring::kTop]);
  } else {
    samples.fill(start);
  }
  std::int32_t sum = 8;
  for (std::size_t i = 0; i < kBlockSide; ++i)
    sum += samples[Ring::kTop + i] + samples[Ring::kLeft + i];
  ring.mean = static_cast<std::int16_t>(sum >> 4);
  return ring;
}

void predict_from_ring(const Kernels& kernels, const BlockClass& c, const Ring& ring, Block& out) {
  RingDifferences differences{};
  for (std::size_t r = 0; r < kRingSamples; ++r)
    differences[r] = static_cast<std::int16_t>(ring.samples[r] - ring.mean);
  kernels.predict(c, differences, ring.mean, out);
}

void predict_from_plane(const Kernels& kernels, const Ring& ring, const Ring& source_ring,
                        const PlaneView& source, int x, int y, Block& out) {
  // In steps of an 8-bit sample, a variance of 6 is added, so that flat rings give no slope.
  constexpr std::int64_t kDamping = std::int64_t{16 * 16 * 6} * 64 * 64;
  std::int32_t sum_a = 0, sum_b = 0;
  std::int64_t sum_aa = 0, sum_ab = 0;
  for (const std::size_t side : {Ring::kTop, Ring::kLeft}) {
    std::int32_t side_aa = 0, side_ab = 0;  // 8 * 8192^2 is below 2^30
    for (std::size_t i = side; i < side + kBlockSide; ++i) {
      const std::int32_t a = source_ring.samples[i];
      const std::int32_t b = ring.samples[i];
      sum_a += a;
      sum_b += b;
      side_aa += a * a;
      side_ab += a * b;
    }
    sum_aa += side_aa;
    sum_ab += side_ab;
  }
  const std::int64_t covariance = 16 * sum_ab - std::int64_t{sum_a} * sum_b;
  const std::int64_t variance = 16 * sum_aa - std::int64_t{sum_a} * sum_a + kDamping;
  Regression line{source.at(x, y), source.width, source_ring.mean, ring.mean, 0};
  line.slope = static_cast<std::int16_t>(
      std::clamp<std::int64_t>(covariance * 1024 / variance, -1536, 1536));
  kernels.regress(line, out);
}

}  // namespace holo::image::fast
