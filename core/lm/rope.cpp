// Angles of the rotary embedding. Su et al., arXiv 2104.09864; the scaling of Llama 3.1 keeps fast
// dimensions, slows slow ones by the factor and blends between.
#include <cmath>
#include <numbers>

#include "core/lm/config.hpp"

namespace holo::lm {
namespace {

double scaled(double frequency, const RopeScaling& scaling) {
  switch (scaling.kind) {
    case RopeScaling::Kind::none:
      return frequency;
    case RopeScaling::Kind::linear:
      return frequency / scaling.factor;
    case RopeScaling::Kind::llama3:
      break;
  }
  const double turns = scaling.original_positions * frequency / (2 * std::numbers::pi);
  if (turns > scaling.high_frequency_factor) return frequency;
  if (turns < scaling.low_frequency_factor) return frequency / scaling.factor;
  const double smooth = (turns - scaling.low_frequency_factor) /
                        (scaling.high_frequency_factor - scaling.low_frequency_factor);
  return (1 - smooth) * frequency / scaling.factor + smooth * frequency;
}

}  // namespace

Rope make_rope(std::int32_t dimensions, double theta, const RopeScaling& scaling) {
  Rope rope;
  rope.dimensions = dimensions;
  rope.theta = theta;
  rope.scaling = scaling;
  for (std::int32_t i = 0; i < dimensions / 2; ++i) {
    const double frequency = std::pow(theta, -2.0 * i / dimensions);
    rope.inverse_frequencies.push_back(static_cast<float>(scaled(frequency, scaling)));
  }
  return rope;
}

}  // namespace holo::lm
