// Timing of decode steps at given lengths, and of prefill.
#pragma once

#include <vector>

#include "apps/holohost/lm/bench_report.hpp"
#include "apps/holohost/lm/lm_session.hpp"

namespace holo::cli {

struct SpeedOptions {
  std::vector<std::size_t> contexts;
  std::size_t decode = 32;
  int repeat = 3;
};
// --contexts, --decode and --repeat; contexts that leave no room in the model's are INVALID_ARG.
Result<SpeedOptions> speed_options(const Arguments& arguments, const lm::Model& model);

// Whole steps, greedy choice included; the median of the repeats. The text is of arbitrary tokens.
Result<std::vector<DecodeSpeed>> time_decoding(LmSession& session,
                                               const std::shared_ptr<const host::PatchSet>& set,
                                               const SpeedOptions& options);
// Of 512 tokens, or of what the context holds. With `libtorch` the same model in LibTorch too.
Result<PrefillSpeed> time_prefill(LmSession& session, const SpeedOptions& options, bool libtorch);

}  // namespace holo::cli
