// Logistic mixing: several predictions of one bit become one, with weights learned on the way.
// Integer arithmetic only. Formula: Mahoney, "Adaptive weighing of context models for lossless
// data compression" (2005): p = squash(sum of w_i stretch(p_i)), w_i += rate * error *
// stretch(p_i).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace holo::entropy {

// The logistic domain: ln(p / (1 - p)) in 1/256, within +-kMaxStretch.
inline constexpr std::int32_t kMaxStretch = 2047;

// ln(p / (1 - p)) of a probability in 1/65536, which is clamped into 0..65535.
[[nodiscard]] std::int32_t stretch(std::uint32_t probability);
// Its inverse, 65536 / (1 + exp(-x / 256)), for any x; strictly inside 0..65536.
[[nodiscard]] std::uint32_t squash(std::int32_t logit);

// Holds one set of weights per context. Use: set every input, mix, code the bit, update.
// Weights are 16.16 fixed point; a weight of 65536 takes an input as it is.
class Mixer {
 public:
  static constexpr std::size_t kMaxInputs = 64;

  // `inputs` 1..kMaxInputs and `contexts` >= 1 are the caller's constants and are clamped so.
  // Every weight starts at `initial_weight`; `rate` 1..64 is the speed of learning.
  Mixer(std::size_t inputs, std::size_t contexts, std::int32_t initial_weight, std::int32_t rate);

  // A prediction that the next bit is a one, in 1/65536. `input` < inputs.
  void set(std::size_t input, std::uint32_t probability) { logits_[input] = stretch(probability); }
  // The same, already in the logistic domain; clamped into +-kMaxStretch.
  void set_logit(std::size_t input, std::int32_t logit);
  // The mixed probability of a one, in 1/65536. `context` < contexts.
  [[nodiscard]] std::uint32_t mix(std::size_t context);
  // Teaches the weights of the last mix what the bit was.
  void update(bool bit);
  // All weights, context by context: to load trained ones and to look at.
  [[nodiscard]] std::span<std::int32_t> weights() { return weights_; }

 private:
  std::size_t inputs_;
  std::int32_t rate_;
  std::vector<std::int32_t> logits_;
  std::vector<std::int32_t> weights_;
  std::size_t selected_ = 0;
  std::uint32_t mixed_ = 32768;
};

}  // namespace holo::entropy
