// An encoder's choice of levels: what they cost against the error that they leave.
#pragma once

#include <cstdint>

#include "plugins/holo-image/deep/expectation.hpp"
#include "plugins/holo-image/deep/leaf.hpp"
#include "plugins/holo-image/deep/quantizer.hpp"

namespace holo::image::deep {

// Squared error in internal units, and bits in 1/256, on one scale.
struct Tradeoff {
  std::int32_t step = 0;  // of this plane
  double weight = 1;      // of squared error: how much the plane counts in RGB
  double lambda = 0;      // squared error that 1/256 bit is worth
};
// How much an error in a plane counts in RGB.
[[nodiscard]] double plane_weight(int plane);
[[nodiscard]] Tradeoff tradeoff_for(int plane, std::int32_t luma_step, double strength);

struct LevelChoice {
  int length = 0;
  double cost = 0;  // weight * error + lambda * bits
  int level_sum = 0;
  int nonzeros = 0;
};

// Levels of `coefficients`, greedily in order, with the cheapest end. Fills levels[0..pixels).
[[nodiscard]] LevelChoice choose_levels(const Model& model, const ClassExpectation& expectation,
                                        const Coefficients& coefficients, int pixels, int size,
                                        int plane, int gain, const Tradeoff& tradeoff,
                                        std::int16_t* levels);

// A guess of the bits that coefficients take, in 1/256, to rank classes by.
[[nodiscard]] std::int64_t guess_bits(const Coefficients& coefficients, int pixels,
                                      std::int32_t step);

}  // namespace holo::image::deep
