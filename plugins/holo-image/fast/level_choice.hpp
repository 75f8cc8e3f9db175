// Encoder only: which levels of a block cost least, in bits and in squared error together.
#pragma once

#include <array>
#include <cstdint>

#include "plugins/holo-image/fast/block_syntax.hpp"

namespace holo::image::fast {

// How the two kinds of cost are weighed. All costs are error * weight + bits256 * lambda.
struct Tradeoff {
  std::int32_t step = 0;
  std::int64_t weight = 256;  // of squared error in this plane, in 1/256
  std::int64_t lambda = 0;    // squared internal samples that a bit is worth
};

struct LevelChoice {
  Levels levels;
  std::int64_t cost = 0;
};

// Bits, in 1/256, of a symbol that is coded with the mean of two models.
[[nodiscard]] std::int64_t symbol_cost(const SymbolModel& a, const SymbolModel& b, unsigned symbol);

// The weights are what an error in Y, Cb, Cr adds to the squared error of R, G and B.
[[nodiscard]] Tradeoff tradeoff_for(int plane, std::int32_t luma_step, std::int32_t step);

// Walks the coefficients once, decides each with the models as they stand, and then where to end.
void choose_levels(Contexts& contexts, const Surroundings& around, const Coefficients& coefficients,
                   const Tradeoff& tradeoff, LevelChoice& choice);

}  // namespace holo::image::fast
