// Trained probabilities of a one, in 1/256, in the order of contexts.hpp; 128 is "not known".
// Written by train/train_contexts.
#pragma once

#include <array>
#include <cstdint>

#include "plugins/holovid/contexts.hpp"

namespace holo::holovid {

constexpr std::array<std::uint8_t, kContextCount> flat_priors() {
  std::array<std::uint8_t, kContextCount> p{};
  for (auto& v : p) v = 128;
  return p;
}
inline constexpr auto kKeyPriors = flat_priors();
inline constexpr auto kInterPriors = flat_priors();

}  // namespace holo::holovid
