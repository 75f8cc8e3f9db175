// The peer of `lm bench`: the same model in LibTorch.
#pragma once

#include <span>

#include "apps/holohost/lm/lm_session.hpp"

namespace holo::cli {

// Seconds of one pass over `ids` with the logits of the last one, as our prefill gives them; the
// median of `repeat` runs. Weights are small numbers of the model's shapes.
Result<double> libtorch_prefill_seconds(const LmSession& session, std::span<const std::int32_t> ids,
                                        int repeat);

}  // namespace holo::cli
