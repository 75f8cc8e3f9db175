// Ring gathering, the learned linear predictor, and the regression between planes.
#include "plugins/holo-image/fast/prediction.hpp"

#include <algorithm>
#include <cstring>

#include "plugins/holo-image/color.hpp"

namespace holo::image {
namespace {

constexpr std::size_t kTop = 1;
constexpr std::size_t kLeft = 17;

}  // namespace

Ring ring_of(const PlaneView& plane, int x, int y, std::int16_t start) {
  Ring ring;
  ring.fill(start);
  const bool has_top = y > 0;
  const bool has_left = x > 0;
  if (has_top) {
    const int known = std::min(16, plane.width - x);
    std::copy_n(plane.at(x, y - 1), known, ring.begin() + kTop);
    std::fill(ring.begin() + kTop + known, ring.begin() + kLeft,
              ring[kTop + std::size_t(known) - 1]);
  }
  if (has_left)
    for (int i = 0; i < kBlockSide; ++i) ring[kLeft + std::size_t(i)] = *plane.at(x - 1, y + i);
  if (has_top && has_left) {
    ring[0] = *plane.at(x - 1, y - 1);
  } else if (has_left) {
    std::fill(ring.begin(), ring.begin() + kLeft, ring[kLeft]);
  } else if (has_top) {
    ring[0] = ring[kTop];
    std::fill(ring.begin() + kLeft, ring.end(), ring[kTop]);
  }
  return ring;
}

std::int16_t ring_mean(const Ring& ring) {
  std::int32_t sum = 8;
  for (std::size_t i = 0; i < kBlockSide; ++i) sum += ring[kTop + i] + ring[kLeft + i];
  return static_cast<std::int16_t>(sum >> 4);
}

void predict_from_ring(const BlockClass& c, const Ring& ring, Block& out) {
  const std::int16_t mean = ring_mean(ring);
  alignas(32) std::array<std::int32_t, kBlockPixels> sum;
  sum.fill(1 << (kPredictorBits - 1));
  for (std::size_t r = 0; r < kRingSamples; ++r) {
    const auto difference = static_cast<std::int16_t>(ring[r] - mean);
    if (difference == 0) continue;
    const auto& row = c.predictor[r];
    for (std::size_t i = 0; i < kBlockPixels; ++i) sum[i] += std::int32_t{difference} * row[i];
  }
  for (std::size_t i = 0; i < kBlockPixels; ++i)
    out[i] = clamp_internal(mean + (sum[i] >> kPredictorBits));
}

void predict_from_plane(const Ring& ring, const Ring& source_ring, const PlaneView& source, int x,
                        int y, Block& out) {
  // In steps of an 8-bit sample, a variance of 6 is added, so that flat rings give no slope.
  constexpr std::int64_t kDamping = std::int64_t{16 * 16 * 6} * 64 * 64;
  std::int64_t sum_a = 0, sum_b = 0, sum_aa = 0, sum_ab = 0;
  const auto add = [&](std::size_t i) {
    const std::int64_t a = source_ring[i];
    const std::int64_t b = ring[i];
    sum_a += a;
    sum_b += b;
    sum_aa += a * a;
    sum_ab += a * b;
  };
  for (std::size_t i = 0; i < kBlockSide; ++i) {
    add(kTop + i);
    add(kLeft + i);
  }
  const std::int64_t covariance = 16 * sum_ab - sum_a * sum_b;
  const std::int64_t variance = 16 * sum_aa - sum_a * sum_a + kDamping;
  const auto slope = static_cast<std::int32_t>(
      std::clamp<std::int64_t>(covariance * 1024 / variance, -1536, 1536));
  const auto mean_a = static_cast<std::int32_t>((sum_a + 8) >> 4);
  const auto mean_b = static_cast<std::int32_t>((sum_b + 8) >> 4);
  for (int j = 0; j < kBlockSide; ++j) {
    const std::int16_t* row = source.at(x, y + j);
    for (int i = 0; i < kBlockSide; ++i)
      out[std::size_t(j * kBlockSide + i)] =
          clamp_internal(mean_b + ((slope * (row[i] - mean_a) + 512) >> 10));
  }
}

void load_block(const PlaneView& plane, int x, int y, Block& out) {
  for (int j = 0; j < kBlockSide; ++j)
    std::memcpy(&out[std::size_t(j * kBlockSide)], plane.at(x, y + j), kBlockSide * 2);
}

void store_block(const PlaneView& plane, int x, int y, const Block& block) {
  for (int j = 0; j < kBlockSide; ++j)
    std::memcpy(plane.at(x, y + j), &block[std::size_t(j * kBlockSide)], kBlockSide * 2);
}

}  // namespace holo::image
