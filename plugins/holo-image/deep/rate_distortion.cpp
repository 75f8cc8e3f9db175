// Greedy choice against the trained table of level costs.
#include "plugins/holo-image/deep/rate_distortion.hpp"

#include <array>
#include <bit>
#include <cmath>

namespace holo::image::deep {
namespace {

constexpr std::array<double, kPlanes> kWeights = {1.0, 1.086, 0.825};

double square(double value) { return value * value; }

// The bits that a sign costs are part of the table, but for level 0.
double level_bits(const std::array<std::uint16_t, 17>& costs, int level) {
  if (level <= 15) return costs[std::size_t(level)];
  return costs[16] + 512.0 * (std::bit_width(unsigned(level - 15)) - 1);
}

// Of ending a block with `remaining` levels expected after it.
double end_bits(std::uint32_t remaining, int log_gain) {
  const std::uint64_t rest =
      (std::uint64_t{remaining} * exp2_16(std::clamp(log_gain, -160, 160))) >> 14;
  const int log = log2_16((1u << 14) + rest) - 14 * kOctave;
  return std::min(8 * 256.0, log * 12.8 + 77);
}

}  // namespace

double plane_weight(int plane) { return kWeights[std::size_t(plane)]; }

Tradeoff tradeoff_for(int plane, std::int32_t luma_step, double strength) {
  return {plane_step(plane, luma_step), plane_weight(plane),
          strength * luma_step * luma_step / 256};
}

LevelChoice choose_levels(const Model& model, const ClassExpectation& expectation,
                          const Coefficients& coefficients, int pixels, int size, int plane,
                          int gain, const Tradeoff& tradeoff, std::int16_t* levels) {
  const auto& costs = model.level_cost[plane > 0 ? 1 : 0];
  const std::int32_t step = tradeoff.step;
  const int to_internal = coefficient_shift(size);
  int top = -1;
  double after = 0;  // error of leaving out all that follows
  for (int k = 0; k < pixels; ++k) {
    const std::int32_t magnitude = std::abs(coefficients.value[k]);
    after += square(magnitude);
    if (2 * magnitude >= step) top = k;
    levels[k] = 0;
  }
  LevelChoice choice;
  choice.cost = tradeoff.weight * after +
                tradeoff.lambda * std::min(1024.0, end_bits(expectation.remaining[0], gain));
  double error = 0, bits = 0;
  RunningGain running(gain);
  int best_sum = 0, best_nonzeros = 0, sum = 0, nonzeros = 0;
  for (int k = 0; k <= top; ++k) {
    const std::int32_t magnitude = std::abs(coefficients.value[k]);
    const int estimate =
        expectation.log_level[std::size_t(k)] + ((running.whole() + running.late()) >> 1);
    const auto& bucket =
        costs[std::size_t(std::clamp((estimate >> 3) + kCostZero, 0, kCostBuckets - 1))];
    after -= square(magnitude);
    int best = 0;
    double best_error = square(magnitude), best_bits = bucket[0];
    double best_cost = tradeoff.weight * best_error + tradeoff.lambda * best_bits;
    const int rounded = std::min((magnitude + step / 2) / step, kLevelMax);
    for (int level = rounded; level > 0 && level >= rounded - 1; --level) {
      const double left =
          square(magnitude - (std::int32_t{dequantize(size, level, step)} << to_internal));
      const double coded = level_bits(bucket, level);
      const double cost = tradeoff.weight * left + tradeoff.lambda * coded;
      if (cost >= best_cost) continue;
      best = level;
      best_error = left;
      best_bits = coded;
      best_cost = cost;
    }
    levels[k] = std::int16_t(coefficients.value[k] < 0 ? -best : best);
    running.update(best, expectation.level[std::size_t(k)]);
    error += best_error;
    bits += best_bits;
    if (best == 0) continue;
    sum += std::min(best, 255);
    ++nonzeros;
    const double cost =
        tradeoff.weight * (error + std::max(0.0, after)) +
        tradeoff.lambda * (bits + end_bits(expectation.remaining[std::size_t(k) + 1],
                                           (running.whole() + running.late()) >> 1));
    if (cost < choice.cost) {
      choice.cost = cost;
      choice.length = k + 1;
      best_sum = sum;
      best_nonzeros = nonzeros;
    }
  }
  for (int k = choice.length; k <= top; ++k) levels[k] = 0;
  choice.level_sum = best_sum;
  choice.nonzeros = best_nonzeros;
  return choice;
}

std::int64_t guess_bits(const Coefficients& coefficients, int pixels, std::int32_t step) {
  constexpr int kPerStep = 8;
  static const std::array<std::int16_t, 1024> kBits = [] {
    std::array<std::int16_t, 1024> bits{};
    for (std::size_t i = 0; i < bits.size(); ++i) {
      const double levels = double(i) / kPerStep;
      bits[i] = std::int16_t(std::lround(256 * 0.55 * std::log2(1 + levels * levels)));
    }
    return bits;
  }();
  const std::int32_t inverse = (kPerStep << 16) / step;
  std::int64_t sum = 0;
  for (int k = 0; k < pixels; ++k) {
    const std::int64_t index = (std::int64_t{std::abs(coefficients.value[k])} * inverse) >> 16;
    sum += kBits[std::size_t(std::min<std::int64_t>(index, 1023))];
  }
  return sum;
}

}  // namespace holo::image::deep
