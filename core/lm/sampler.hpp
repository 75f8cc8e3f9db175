// Chooses the next token from logits: the same choice for the same seed on every machine.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.hpp"

namespace holo::lm {

struct SamplerOptions {
  double temperature = 0;  // 0: the most likely token, the lowest id of several
  std::int32_t top_k = 0;  // only the k most likely tokens; 0: all
  double top_p = 1;        // only the most likely tokens that together reach this probability
  std::uint64_t seed = 0;
};

class Sampler {
 public:
  // INVALID_ARG, with the parameter's name, for a value out of its range.
  static Result<Sampler> create(const SamplerOptions& options);
  // `logits` is not empty. Filters in the order temperature, top_k, top_p. INVALID_ARG if a logit
  // is not a number.
  Result<std::int32_t> sample(std::span<const float> logits);

 private:
  explicit Sampler(const SamplerOptions& options) : options_(options) {}
  struct Candidate {
    float logit;
    std::int32_t id;
    double weight;
  };
  [[nodiscard]] double total_weight() const;

  SamplerOptions options_;
  std::uint64_t drawn_ = 0;
  std::vector<Candidate> candidates_;
};

}  // namespace holo::lm
