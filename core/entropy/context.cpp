// Exp-Golomb codes in bypass bits and the exact table behind bit_cost.
#include "core/entropy/context.hpp"

#include <array>
#include <bit>

namespace holo::entropy {
namespace {

constexpr int kCostIndexShift = 4;
constexpr std::size_t kCostEntries = (1u << kProbabilityBits) >> kCostIndexShift;

// -log2(value / 65536) in 1/256, rounded: the fraction comes bit by bit from repeated squaring.
constexpr std::uint16_t cost_of(std::uint32_t value) {
  const int exponent = std::bit_width(value) - 1;
  std::uint64_t mantissa = std::uint64_t{value} << (31 - exponent);  // 1.0 is 1 << 31
  std::uint32_t log = static_cast<std::uint32_t>(exponent);
  for (int i = 0; i < 9; ++i) {
    mantissa = (mantissa * mantissa) >> 31;
    const bool carry = (mantissa >> 32) != 0;
    if (carry) mantissa >>= 1;
    log = log * 2 + (carry ? 1 : 0);
  }
  return static_cast<std::uint16_t>((16 * 512 - log + 1) / 2);
}

constexpr std::array<std::uint16_t, kCostEntries> make_costs() {
  std::array<std::uint16_t, kCostEntries> costs{};
  for (std::size_t i = 0; i < kCostEntries; ++i) {
    costs[i] = cost_of(static_cast<std::uint32_t>((i << kCostIndexShift) + 8));
  }
  return costs;
}

constexpr std::array<std::uint16_t, kCostEntries> kCosts = make_costs();

}  // namespace

void encode_exp_golomb(BinaryEncoder& coder, std::uint32_t value) {
  const std::uint64_t shifted = std::uint64_t{value} + 1;
  const int length = std::bit_width(shifted) - 1;
  coder.encode_bypass(0, length);
  // 32 zeros are the longest prefix and need no one behind them.
  if (length < 32) coder.encode_bypass(1, 1);
  coder.encode_bypass(static_cast<std::uint32_t>(shifted), length);
}

std::uint32_t decode_exp_golomb(BinaryDecoder& coder) {
  int length = 0;
  while (length < 32 && coder.decode_bypass(1) == 0) ++length;
  const std::uint64_t shifted = (std::uint64_t{1} << length) + coder.decode_bypass(length);
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(shifted - 1, 0xFFFFFFFFu));
}

std::uint32_t bit_cost(std::uint32_t probability_of_one, bool bit) {
  const std::uint32_t one =
      std::clamp(probability_of_one, kMinProbability, (1u << kProbabilityBits) - kMinProbability);
  const std::uint32_t probability = bit ? one : (1u << kProbabilityBits) - one;
  return kCosts[probability >> kCostIndexShift];
}

}  // namespace holo::entropy
