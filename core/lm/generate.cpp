// The loop of prefill, choice and step.
#include "core/lm/generate.hpp"

#include <algorithm>
#include <chrono>
#include <string>

namespace holo::lm {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

double Generation::tokens_per_second() const {
  // The first token comes out of the prefill.
  return decode_seconds > 0 && ids.size() > 1 ? static_cast<double>(ids.size() - 1) / decode_seconds
                                              : 0;
}

double Generation::prefill_tokens_per_second() const {
  return prefill_seconds > 0 ? static_cast<double>(prompt_tokens) / prefill_seconds : 0;
}

Result<Generation> generate(Forward& forward, Sequence& sequence,
                            std::span<const std::int32_t> prompt, const GenerateOptions& options,
                            host::Job& job) {
  const ModelConfig& config = sequence.model()->config();
  const auto context = static_cast<std::uint64_t>(config.max_positions);
  if (prompt.empty()) return make_error(HOLO_INVALID_ARG, "the prompt has no tokens");
  // Tokens, not positions: after a swap that flushes, the next step computes rows for all of them.
  const std::uint64_t held = sequence.tokens().size();
  if (held + prompt.size() > context) {
    return make_error(HOLO_INVALID_ARG, "the prompt has " + std::to_string(prompt.size()) +
                                            " tokens, " + std::to_string(context - held) +
                                            " fit: the context is " + std::to_string(context) +
                                            " and holds " + std::to_string(held) +
                                            " already; shorten the prompt");
  }
  Generation result;
  result.prompt_tokens = prompt.size();
  HOLO_ASSIGN(Sampler sampler, Sampler::create(options.sampler));
  auto start = Clock::now();
  HOLO_ASSIGN(std::span<const float> logits, forward.prefill(sequence, prompt));
  result.prefill_seconds = seconds_since(start);

  start = Clock::now();
  while (result.ids.size() < options.max_tokens) {
    HOLO_TRY(job.check_cancelled());
    HOLO_ASSIGN(const std::int32_t id, sampler.sample(logits));
    if (options.stop_at_eos &&
        std::find(config.eos.begin(), config.eos.end(), id) != config.eos.end()) {
      result.stop = StopReason::eos;
      break;
    }
    result.ids.push_back(id);
    if (options.on_token && !options.on_token(id)) {
      result.stop = StopReason::caller;
      break;
    }
    if (result.ids.size() == options.max_tokens) break;
    if (sequence.tokens().size() >= context) {
      result.stop = StopReason::context;
      break;
    }
    const Run run{&sequence, {&result.ids.back(), 1}};
    HOLO_ASSIGN(logits, forward.step({&run, 1}, LogitRows::last));
  }
  result.decode_seconds = seconds_since(start);
  return result;
}

}  // namespace holo::lm
