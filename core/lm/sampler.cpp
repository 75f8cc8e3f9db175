// Weights in double; ties by id, so that every machine keeps the same tokens in the same order.
#include "core/lm/sampler.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/lm/random_numbers.hpp"

namespace holo::lm {
namespace {

Error out_of_range(const char* param, const std::string& what) {
  Error error = make_error(HOLO_INVALID_ARG, std::string(param) + " must be " + what);
  error.param = param;
  return error;
}

}  // namespace

Result<Sampler> Sampler::create(const SamplerOptions& options) {
  if (!(options.temperature >= 0) || !std::isfinite(options.temperature)) {
    return out_of_range("temperature", "0 or more");
  }
  if (options.top_k < 0) return out_of_range("top_k", "0 (all) or more");
  if (!(options.top_p > 0 && options.top_p <= 1)) {
    return out_of_range("top_p", "above 0 and at most 1");
  }
  return Sampler(options);
}

Result<std::int32_t> Sampler::sample(std::span<const float> logits) {
  std::size_t best = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (std::isnan(logits[i])) {
      return make_error(HOLO_INVALID_ARG,
                        "the logit of token " + std::to_string(i) + " is not a number");
    }
    if (logits[i] > logits[best]) best = i;
  }
  if (options_.temperature == 0 || options_.top_k == 1) return static_cast<std::int32_t>(best);

  const auto above = [](const Candidate& a, const Candidate& b) {
    return a.logit > b.logit || (a.logit == b.logit && a.id < b.id);
  };
  candidates_.clear();
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const double distance = static_cast<double>(logits[i]) - static_cast<double>(logits[best]);
    const double weight = i == best ? 1.0 : std::exp(distance / options_.temperature);
    candidates_.push_back({logits[i], static_cast<std::int32_t>(i), weight});
  }
  if (options_.top_k > 0 && static_cast<std::size_t>(options_.top_k) < candidates_.size()) {
    const auto end = candidates_.begin() + options_.top_k;
    std::nth_element(candidates_.begin(), end, candidates_.end(), above);
    candidates_.erase(end, candidates_.end());
    std::sort(candidates_.begin(), candidates_.end(), above);
  }
  double total = total_weight();
  if (options_.top_p < 1) {
    // Tokens this unlikely weigh less than 1 - top_p all together: they need no sorting.
    const double least = (1 - options_.top_p) * total / static_cast<double>(candidates_.size());
    std::erase_if(candidates_, [&](const Candidate& c) { return c.weight < least; });
    std::sort(candidates_.begin(), candidates_.end(), above);
    double sum = 0;
    std::size_t kept = 0;
    while (kept < candidates_.size() && sum < options_.top_p * total) {
      sum += candidates_[kept++].weight;
    }
    candidates_.resize(kept);
    total = total_weight();
  }
  double left = random_uniform(options_.seed, drawn_++) * total;
  for (const Candidate& c : candidates_) {
    left -= c.weight;
    if (left < 0) return c.id;
  }
  return candidates_.back().id;
}

double Sampler::total_weight() const {
  double total = 0;
  for (const Candidate& c : candidates_) total += c.weight;
  return total;
}

}  // namespace holo::lm
