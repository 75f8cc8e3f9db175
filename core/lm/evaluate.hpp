// Perplexity of a text under a model and its cache strategies, against the same with a full cache.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "core/host/job.hpp"
#include "core/host/patch_set.hpp"
#include "core/lm/model.hpp"

namespace holo::lm {

struct EvaluateOptions {
  std::size_t window = 0;  // tokens; 0: the model's max_positions
  std::size_t stride = 0;  // 0: as window
  // Tokens a step appends. 1 is what happens in generation: every earlier row is read as its
  // strategy keeps it. More is faster; rows of one step see each other exactly.
  std::size_t chunk = 1;
  std::size_t batch = 16;    // windows at a time; changes speed only
  bool compare_full = true;  // also run with a full f32 cache: for kl_to_full and top1_agreement
};

struct Evaluation {
  double perplexity = 0;     // exp of the mean negative log-likelihood of the predicted tokens
  std::uint64_t tokens = 0;  // predicted
  // Only with compare_full:
  double full_perplexity = 0;
  double kl_to_full = 0;      // mean over tokens of KL(full || strategies), nats
  double top1_agreement = 0;  // share of tokens where the likeliest next token is the same
  // Of the cache, at the end of full windows, payload only; f16_bytes_per_token is what f16 rows
  // take: layers * 2 * kv_width * 2.
  double bytes_per_token = 0;
  double f16_bytes_per_token = 0;
  std::uint64_t fixed_bytes = 0;  // bases and tables, once a model
  double seconds = 0;
  double tokens_per_second = 0;  // of both runs together, many windows at a time

  [[nodiscard]] double compression_vs_f16() const {
    return bytes_per_token > 0 ? f16_bytes_per_token / bytes_per_token : 0;
  }
};

// INVALID_ARG if the text has fewer than two tokens or the window does not fit the model.
Result<Evaluation> evaluate(const std::shared_ptr<const Model>& model,
                            const std::shared_ptr<const host::PatchSet>& set,
                            std::span<const std::int32_t> tokens, const EvaluateOptions& options,
                            host::Job& job);

}  // namespace holo::lm
