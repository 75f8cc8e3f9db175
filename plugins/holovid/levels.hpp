// Quantized transform blocks: their scan, their syntax, and the choice of levels by rate and
// distortion.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "plugins/holovid/contexts.hpp"
#include "plugins/holovid/transform.hpp"

namespace holo::holovid {

// Positions (y * N + x) of the diagonal scan, from the lowest frequency to the highest.
[[nodiscard]] const std::vector<std::uint16_t>& scan_order(int log2_size);

// Absolute levels, clipped to 6, with two zero columns and rows past the end, so that the
// neighbourhood of a level can be added up without bounds.
class Neighbourhood {
 public:
  explicit Neighbourhood(int log2_size) : stride_((1 << log2_size) + 2) {
    const int cells = stride_ * stride_;
    for (int i = 0; i < cells; ++i) clipped_[static_cast<std::size_t>(i)] = 0;
  }
  // Sum over the five neighbours with higher frequencies, 0..30.
  [[nodiscard]] int sum(int x, int y) const {
    const std::uint8_t* p = &clipped_[static_cast<std::size_t>(y * stride_ + x)];
    return p[1] + p[2] + p[stride_] + p[2 * stride_] + p[stride_ + 1];
  }
  void set(int x, int y, int magnitude) {
    clipped_[static_cast<std::size_t>(y * stride_ + x)] =
        static_cast<std::uint8_t>(magnitude < 6 ? magnitude : 6);
  }

 private:
  int stride_;
  std::array<std::uint8_t, (kMaxTransformSize + 2) * (kMaxTransformSize + 2)> clipped_;
};

// Contexts of a level from its diagonal (x + y) and its neighbourhood.
[[nodiscard]] inline int significant_context(int diagonal, int sum) {
  constexpr std::array<std::uint8_t, 14> kDiagonal = {0, 1, 2, 2, 3, 3, 3, 4, 4, 4, 4, 4, 4, 5};
  const int d = kDiagonal[static_cast<std::size_t>(diagonal < 13 ? diagonal : 13)];
  return LevelContexts::kSignificant + d * 7 + (sum < 5 ? sum : sum < 8 ? 5 : 6);
}
[[nodiscard]] inline int greater_context(int diagonal, int sum) {
  const int d = diagonal == 0 ? 0 : diagonal < 4 ? 1 : 2;
  return LevelContexts::kGreater + (d * 9 + (sum < 7 ? sum : sum < 12 ? 7 : 8)) * 14;
}
inline constexpr int kGreaterSteps = 14;

// The scan index of the last nonzero level.
template <class Coder>
int code_last(Coder& coder, int set, int log2_size, int last) {
  const std::uint32_t value = static_cast<std::uint32_t>(last) + 1;
  const int most = 2 * log2_size;  // N * N has one bit more, but needs it for one value only
  const int length = Coder::kReads ? 0 : static_cast<int>(std::bit_width(value)) - 1;
  int n = 0;
  while (n < most && coder.bit(set + LevelContexts::kLastPrefix + n, n < length)) ++n;
  std::uint32_t read = 1;
  for (int i = n - 1; i >= 0; --i) {
    const bool bit = ((value >> i) & 1) != 0;
    const int position = n - 1 - i;
    if (position >= 2) {
      read = (read << (i + 1)) | coder.bypass(value & ((1u << (i + 1)) - 1), i + 1);
      break;
    }
    const int context = LevelContexts::kLastBits + n * 3 + (position == 0 ? 0 : 1 + int(read & 1));
    read = (read << 1) | (coder.bit(set + context, bit) ? 1u : 0u);
  }
  return static_cast<int>(read) - 1;
}

// A magnitude >= 1. `context` is greater_context + set.
template <class Coder>
int code_magnitude(Coder& coder, int context, int magnitude) {
  int value = 1;
  while (value <= kGreaterSteps && coder.bit(context + value - 1, magnitude > value)) ++value;
  if (value <= kGreaterSteps) return value;
  const std::uint32_t rest = static_cast<std::uint32_t>(magnitude - value);
  const int length = Coder::kReads ? 0 : static_cast<int>(std::bit_width(rest + 1)) - 1;
  int n = 0;
  while (coder.bypass(n < length ? 1 : 0, 1) != 0) {
    if (++n > 15) {
      if constexpr (Coder::kReads) coder.invalid = true;
      return 1;
    }
  }
  return value + static_cast<int>((1u << n) + coder.bypass((rest + 1) & ((1u << n) - 1), n)) - 1;
}

// The levels of a block that has at least one nonzero level; a reader finds `levels` zeroed.
template <class Coder>
void code_levels(Coder& coder, int set, int log2_size, std::int16_t* levels) {
  const auto& scan = scan_order(log2_size);
  const int count = 1 << (2 * log2_size);
  int last = count - 1;
  if constexpr (!Coder::kReads) {
    while (last > 0 && levels[scan[static_cast<std::size_t>(last)]] == 0) --last;
  }
  last = code_last(coder, set, log2_size, last);
  if (last >= count) {
    if constexpr (Coder::kReads) coder.invalid = true;
    return;
  }
  Neighbourhood around(log2_size);
  for (int i = last; i >= 0; --i) {
    const int position = scan[static_cast<std::size_t>(i)];
    const int x = position & ((1 << log2_size) - 1);
    const int y = position >> log2_size;
    const int sum = around.sum(x, y);
    const int level = levels[position];
    if (i < last && !coder.bit(set + significant_context(x + y, sum), level != 0)) continue;
    const int magnitude = code_magnitude(coder, set + greater_context(x + y, sum), std::abs(level));
    const bool negative = coder.bypass(level < 0 ? 1 : 0, 1) != 0;
    around.set(x, y, magnitude);
    if constexpr (Coder::kReads) {
      const int clipped = magnitude < 32767 ? magnitude : 32767;
      levels[position] = static_cast<std::int16_t>(negative ? -clipped : clipped);
    }
  }
}

// Chooses levels for N x N coefficients (scale of forward_transform) at a step in the same
// scale, to make squared error + lambda * bits small; both errors are in sample units squared.
// Returns whether any level is nonzero, and then the error and the bits (1/256) without the
// block's "coded" flag.
struct Chosen {
  bool coded = false;
  double energy = 0;      // error if nothing is coded
  double distortion = 0;  // error if coded
  std::uint32_t cost = 0;
};
Chosen choose_levels(const CostTable& costs, int set, int log2_size,
                     const std::int32_t* coefficients, double step, double lambda,
                     std::int16_t* levels);

}  // namespace holo::holovid
