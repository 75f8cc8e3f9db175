// The mixer: exact tables, learning, equal results run after run.
#include "core/entropy/mixer.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "core/entropy/context.hpp"

namespace holo::entropy {
namespace {

TEST_CASE("squash is the logistic function and stretch turns it around") {
  for (std::int32_t x = -kMaxStretch; x <= kMaxStretch; ++x) {
    const double exact = 65536 / (1 + std::exp(-x / 256.0));
    REQUIRE(std::fabs(squash(x) - exact) <= 0.51);
    REQUIRE(squash(x) + squash(-x) == 65536);
  }
  REQUIRE(squash(1 << 30) == squash(kMaxStretch));
  REQUIRE(stretch(1u << 31) == stretch(65535));
  for (std::uint32_t p = 512; p < 65024; ++p) {
    const double exact = 256 * std::log(p / (65536.0 - p));
    // One step of the logit, and the half width of a sixteen with its rounding.
    const double slope = 256.0 * 65536 / (p * (65536.0 - p));
    REQUIRE(std::fabs(stretch(p) - exact) <= 1 + 9.5 * slope);
  }
}

struct Outcome {
  double bits = 0;
  std::uint64_t fingerprint = 0;
};

// Bits whose odds depend on position and history, predicted by three contexts and their mix.
Outcome code_mixed(bool mixed) {
  std::mt19937 random(77);
  std::vector<AdaptiveBit> by_position(16), by_history(16), by_both(256);
  Mixer mixer(3, 4, 65536 / 3, 6);
  Outcome outcome;
  std::size_t history = 0;
  for (std::size_t i = 0; i < 40000; ++i) {
    const std::size_t position = i % 16;
    const bool bit = random() % 16 < (position + (history & 7)) / 2;
    AdaptiveBit* const contexts[] = {&by_position[position], &by_history[history],
                                     &by_both[position * 16 + history]};
    for (std::size_t k = 0; k < 3; ++k) mixer.set(k, contexts[k]->probability());
    const std::uint32_t p = mixed ? mixer.mix(position / 4) : by_position[position].probability();
    outcome.bits += bit_cost(p, bit) / 256.0;
    outcome.fingerprint = outcome.fingerprint * 1099511628211u + p;
    if (mixed) mixer.update(bit);
    for (AdaptiveBit* context : contexts) context->update(bit);
    history = (history * 2 + (bit ? 1 : 0)) & 15;
  }
  return outcome;
}

TEST_CASE("mixing beats its inputs and gives the same numbers in every run") {
  const Outcome mixed = code_mixed(true);
  REQUIRE(mixed.bits < code_mixed(false).bits * 0.99);
  REQUIRE(mixed.fingerprint == code_mixed(true).fingerprint);
  // Pinned: another value here means that files written before no longer decode.
  REQUIRE(mixed.fingerprint == 9869384073108730011u);
}

TEST_CASE("mixer weights stay within bounds under constant error") {
  Mixer mixer(2, 1, 65536, 64);
  for (int i = 0; i < 100000; ++i) {
    mixer.set_logit(0, 100000);
    mixer.set_logit(1, -100000);
    (void)mixer.mix(0);
    mixer.update(i % 2 == 0);
  }
  for (const std::int32_t weight : mixer.weights()) REQUIRE(std::abs(weight) <= 1 << 20);
}

}  // namespace
}  // namespace holo::entropy
