// How strong levels are against what their class expects: within a block, as coding goes on, and
// between blocks.
#pragma once

#include <algorithm>
#include <cstdint>

#include "plugins/holo-image/deep/fixed_log.hpp"

namespace holo::image::deep {

// Bounds of every logarithm of a gain, in 1/16 octave.
inline constexpr int kGainMin = -160;
inline constexpr int kGainMax = 160;

// Two running ratios of levels to expectations: over the whole block, and over what came lately.
// Both start at what the blocks around suggest. Sums are in 1/16384.
class RunningGain {
 public:
  explicit RunningGain(int log_start) {
    const std::uint64_t start = exp2_16(log_start);
    levels_ = start;
    expected_ = 1 << 14;
    late_levels_ = start * 7 / 10;
    late_expected_ = (1 << 14) * 7 / 10;
  }
  void update(int magnitude, std::uint32_t expected) {
    const std::uint64_t level = static_cast<std::uint64_t>(std::min(magnitude, 255)) << 14;
    levels_ += level;
    expected_ += expected;
    late_levels_ = ((late_levels_ * 13) >> 4) + level;
    late_expected_ = ((late_expected_ * 13) >> 4) + expected;
  }
  [[nodiscard]] int whole() const { return ratio(levels_, expected_); }
  [[nodiscard]] int late() const { return ratio(late_levels_, late_expected_); }

 private:
  static int ratio(std::uint64_t levels, std::uint64_t expected) {
    return std::clamp(log2_16(levels + 1) - log2_16(expected + 1), kGainMin, kGainMax);
  }
  std::uint64_t levels_, expected_, late_levels_, late_expected_;
};

// The gain that a block hands on: sums over all its coefficients, drawn towards what it
// started from.
[[nodiscard]] inline int block_gain(std::uint64_t level_sum, std::uint64_t expected_sum,
                                    int log_start) {
  const std::uint64_t levels = (level_sum << 14) + std::uint64_t{exp2_16(log_start)} * 35 / 100;
  const std::uint64_t expected = expected_sum + (1 << 14) * 35 / 100;
  return std::clamp(log2_16(levels + 1) - log2_16(expected), -90, kGainMax);
}

}  // namespace holo::image::deep
