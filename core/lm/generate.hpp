// Text goes on: prefill of a prompt, then one token at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/host/job.hpp"
#include "core/lm/forward.hpp"
#include "core/lm/sampler.hpp"

namespace holo::lm {

struct GenerateOptions {
  std::size_t max_tokens = 256;
  SamplerOptions sampler;
  bool stop_at_eos = true;
  // Told each token as it is chosen; false stops. May swap the strategies of the sequence: the call
  // is between two steps.
  std::function<bool(std::int32_t id)> on_token;
};

enum class StopReason { max_tokens, eos, context, caller };

struct Generation {
  std::vector<std::int32_t> ids;  // new ones, without the eos that ended it
  StopReason stop = StopReason::max_tokens;
  std::size_t prompt_tokens = 0;
  double prefill_seconds = 0;
  double decode_seconds = 0;
  // Of the steps after the prefill.
  [[nodiscard]] double tokens_per_second() const;
  [[nodiscard]] double prefill_tokens_per_second() const;
};

// Appends `prompt` to the sequence and goes on from there. INVALID_ARG if the prompt is empty or
// does not leave room for a token in the context. CANCELLED on a stop, with the sequence usable.
Result<Generation> generate(Forward& forward, Sequence& sequence,
                            std::span<const std::int32_t> prompt, const GenerateOptions& options,
                            host::Job& job);

}  // namespace holo::lm
