// Greedy rate-distortion choice with the costs of the contexts as they are.
#include "plugins/holo-image/fast/rate_distortion.hpp"

#include <bit>
#include <cmath>
#include "plugins/holo-image/fast/coders.hpp"

namespace holo::image {
namespace {

using entropy::bit_cost;

std::int64_t cost_of(const BitPair& pair, bool bit) {
  return bit_cost(joint_probability(pair.here, pair.around), bit);
}

std::int64_t squared(std::int64_t value) { return value * value; }

// Cost of every length 0..64.
std::array<std::int64_t, kBlockPixels + 1> length_costs(Contexts& contexts,
                                                        const Surroundings& around) {
  auto& unary = length_bits(contexts, around);
  std::array<std::int64_t, kBlockPixels + 1> costs{};
  std::int64_t reached = 0;
  for (int bucket = 0; bucket < kLengthBuckets; ++bucket) {
    const bool last = bucket + 1 == kLengthBuckets;
    const std::uint32_t probability = unary[std::size_t(bucket)].probability();
    const std::int64_t here = reached + (last ? 0 : bit_cost(probability, false)) +
                              256 * kLengthBits[std::size_t(bucket)];
    for (int i = 0; i < 1 << kLengthBits[std::size_t(bucket)]; ++i)
      costs[std::size_t(kLengthStart[std::size_t(bucket)] + i)] = here;
    if (!last) reached += bit_cost(probability, true);
  }
  return costs;
}

// Cost of the magnitude's bits after the zero flag, with its sign.
std::int64_t magnitude_cost(Contexts& contexts, const Surroundings& around, const LevelContext& at,
                            int magnitude) {
  std::int64_t cost = 256;
  for (int i = 1; i <= std::min(magnitude, kUnary); ++i)
    cost += cost_of(more_bits(contexts, around, at, i - 1), i < magnitude);
  if (magnitude > kUnary) cost += 256 * (2 * std::bit_width(unsigned(magnitude - kUnary)) - 1);
  return cost;
}

}  // namespace

Tradeoff tradeoff_for(int plane, std::int32_t luma_step, std::int32_t step) {
  static constexpr std::array<std::int64_t, kPlaneKinds> kWeights = {256, 278, 211};
  return {step, kWeights[std::size_t(plane)],
          std::max<std::int64_t>(1, std::int64_t{luma_step} * luma_step * 33 / 256)};
}

LevelChoice choose_levels(Contexts& contexts, const Surroundings& around,
                          const Coefficients& coefficients, const Tradeoff& tradeoff) {
  const auto joint = [&](std::int64_t error, std::int64_t bits) {
    return error * tradeoff.weight + bits * tradeoff.lambda;
  };
  const auto lengths = length_costs(contexts, around);
  LevelChoice choice;
  int top = -1;
  std::int64_t after = 0;  // error of leaving out all that follows
  for (int k = 0; k < kBlockPixels; ++k) {
    const std::int32_t magnitude = std::abs(coefficients[std::size_t(k)]);
    after += squared(magnitude);
    if (2 * magnitude >= tradeoff.step) top = k;
  }
  choice.cost = joint(after, lengths[0]);
  std::int64_t error = 0, bits = 0;
  int previous = 0, previous2 = 0;
  for (int k = 0; k <= top; ++k) {
    const std::int32_t coefficient = coefficients[std::size_t(k)];
    const std::int64_t magnitude = std::abs(coefficient);
    const LevelContext at = level_context(around, k, previous, previous2);
    const BitPair zero = zero_bits(contexts, around, at, k);
    after -= squared(magnitude);
    int best = 0;
    std::int64_t best_error = squared(magnitude);
    std::int64_t best_bits = cost_of(zero, false);
    std::int64_t best_cost = joint(best_error, best_bits);
    std::int64_t bits_as_last = 0;
    const int rounded =
        int(std::min<std::int64_t>((magnitude + tradeoff.step / 2) / tradeoff.step, kLevelMax));
    if (rounded > 0) {
      const std::int64_t not_zero = cost_of(zero, true);
      for (int level = rounded; level > 0 && level >= rounded - 1; --level) {
        const std::int64_t coded = magnitude_cost(contexts, around, at, level);
        const std::int64_t left = squared(
            magnitude - (std::int64_t{dequantize(level, tradeoff.step)} << kCoefficientShift));
        const std::int64_t cost = joint(left, not_zero + coded);
        if (cost >= best_cost) continue;
        best = level;
        best_error = left;
        best_bits = not_zero + coded;
        best_cost = cost;
        bits_as_last = coded;
      }
    }
    choice.levels[std::size_t(k)] = std::int16_t(coefficient < 0 ? -best : best);
    if (best != 0) {
      const std::int64_t cost =
          joint(error + best_error + after, bits + bits_as_last + lengths[std::size_t(k) + 1]);
      if (cost < choice.cost) {
        choice.cost = cost;
        choice.length = k + 1;
      }
    }
    error += best_error;
    bits += best_bits;
    previous2 = previous;
    previous = std::min(best, 255);
  }
  return choice;
}

std::int64_t guess_bits(const Coefficients& coefficients, std::int32_t step) {
  constexpr int kPerStep = 8;
  static const std::array<std::int16_t, 1024> kBits = [] {
    std::array<std::int16_t, 1024> bits{};
    for (std::size_t i = 0; i < bits.size(); ++i) {
      const double levels = double(i) / kPerStep;
      bits[i] = std::int16_t(std::lround(256 * 0.55 * std::log2(1 + levels * levels)));
    }
    return bits;
  }();
  const std::int64_t inverse = (std::int64_t{kPerStep} << 20) / step;
  std::int64_t sum = 0;
  for (const std::int32_t coefficient : coefficients) {
    const std::int64_t index = (std::abs(coefficient) * inverse) >> 20;
    sum += kBits[std::size_t(std::min<std::int64_t>(index, 1023))];
  }
  return sum;
}

}  // namespace holo::image
