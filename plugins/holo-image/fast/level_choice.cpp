// Greedy rate-distortion choice with the costs of the models as they are.
#include "plugins/holo-image/fast/level_choice.hpp"

#include <bit>

#include "core/entropy/context.hpp"

namespace holo::image::fast {
namespace {

constexpr int kCostShift = 4;

// By share / 16. Shares are of kWhole, bit_cost wants them of 65536.
const std::array<std::uint16_t, (kWhole >> kCostShift) + 1> kCosts = [] {
  std::array<std::uint16_t, (kWhole >> kCostShift) + 1> costs{};
  for (std::size_t i = 0; i < costs.size(); ++i)
    costs[i] = static_cast<std::uint16_t>(
        entropy::bit_cost(static_cast<std::uint32_t>((2 * i + 1) << kCostShift), true));
  return costs;
}();

std::int64_t squared(std::int64_t value) { return value * value; }

std::uint32_t mixed_start(const SymbolModel& a, const SymbolModel& b, std::size_t symbol) {
  if (symbol == kSymbols) return kWhole;
  return (std::uint32_t{a.start[symbol]} + b.start[symbol] + 1) >> 1;
}

std::int64_t zero_cost(const SymbolModel& a, const SymbolModel& b) {
  return kCosts[mixed_start(a, b, 1) >> kCostShift];
}

// Of what follows the symbol: the sign, and what an escape adds.
std::int64_t tail_cost(int magnitude) {
  if (magnitude < kEscape) return 256;
  return 256 + 256 * (2 + std::bit_width(unsigned(magnitude - kEscape + 1)));
}

}  // namespace

std::int64_t symbol_cost(const SymbolModel& a, const SymbolModel& b, unsigned symbol) {
  return kCosts[(mixed_start(a, b, symbol + 1) - mixed_start(a, b, symbol)) >> kCostShift];
}

Tradeoff tradeoff_for(int plane, std::int32_t luma_step, std::int32_t step) {
  static constexpr std::array<std::int64_t, kPlanes> kWeights = {256, 278, 211};
  return {step, kWeights[std::size_t(plane)],
          std::max<std::int64_t>(1, std::int64_t{luma_step} * luma_step * 31 / 256)};
}

void choose_levels(Contexts& contexts, const Surroundings& around, const Coefficients& coefficients,
                   const Tradeoff& tradeoff, LevelChoice& choice) {
  const auto joint = [&](std::int64_t error, std::int64_t bits) {
    return error * tradeoff.weight + bits * tradeoff.lambda;
  };
  const BlockModels models = block_models(contexts, around);
  int top = kBlockPixels - 1;
  while (top >= 0 && 2 * std::abs(coefficients[std::size_t(top)]) < tradeoff.step) --top;
  std::int64_t after = 0;  // error of leaving out all that follows
  for (const std::int32_t coefficient : coefficients) after += squared(coefficient);
  const unsigned buckets = kLengthBucket[std::size_t(top) + 1] + 1u;
  std::array<std::int64_t, kLengthBuckets> length_costs;
  for (unsigned bucket = 0; bucket < buckets; ++bucket)
    length_costs[bucket] =
        symbol_cost(models.length_beside, models.length_class, bucket) + 256 * kLengthBits[bucket];
  choice.cost = joint(after, length_costs[0]);
  SparseBlock& nonzero = choice.levels.nonzero;
  choice.levels.length = 0;
  nonzero.count = 0;
  std::size_t count = 0;
  Places places;
  find_places(around, top + 1, places);
  std::int64_t error = 0, bits = 0;
  unsigned local = 0, previous = 0;
  for (int k = 0; k <= top; ++k) {
    const std::int32_t coefficient = coefficients[std::size_t(k)];
    const std::int32_t magnitude = std::abs(coefficient);
    const std::size_t place = places[std::size_t(k)];
    const SymbolModel& here = models.here[std::size_t(k)];
    const SymbolModel& beside = models.around[place * kLocalLevels + local];
    const std::int64_t all = squared(magnitude);
    after -= all;
    int best = 0;
    std::int64_t best_error = all;
    std::int64_t best_bits = zero_cost(here, beside);
    if (2 * magnitude >= tradeoff.step) {
      const int rounded = std::min((magnitude + tradeoff.step / 2) / tradeoff.step, kLevelMax);
      std::int64_t best_cost = joint(best_error, best_bits);
      // One less is worth a look only where rounding went up.
      const int least = std::max(1, magnitude < rounded * tradeoff.step ? rounded - 1 : rounded);
      for (int level = rounded; level >= least; --level) {
        const std::int64_t coded =
            symbol_cost(here, beside, unsigned(std::min(level, kEscape))) + tail_cost(level);
        const std::int64_t left = squared(
            magnitude - (std::int64_t{dequantize(level, tradeoff.step)} << kCoefficientShift));
        const std::int64_t cost = joint(left, coded);
        if (cost >= best_cost) continue;
        best = level;
        best_error = left;
        best_bits = coded;
        best_cost = cost;
      }
    }
    const unsigned symbol = unsigned(std::min(best, kEscape));
    if (best != 0) {
      nonzero.position[count] = std::uint8_t(k);
      nonzero.value[count] = std::int16_t(coefficient < 0 ? -best : best);
      ++count;
      const SymbolModel& last = models.last[place];
      const std::int64_t bits_as_last = symbol_cost(last, last, symbol - 1) + tail_cost(best);
      const std::int64_t cost =
          joint(error + best_error + after,
                bits + bits_as_last + length_costs[kLengthBucket[std::size_t(k) + 1]]);
      if (cost < choice.cost) {
        choice.cost = cost;
        choice.levels.length = k + 1;
        nonzero.count = int(count);
      }
    }
    error += best_error;
    bits += best_bits;
    local = kLocalLevel[2 * symbol + previous];
    previous = symbol;
  }
  nonzero.position[std::size_t(nonzero.count)] = kBlockPixels;
}

}  // namespace holo::image::fast
