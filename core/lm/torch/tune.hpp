// Fine-tuning of projectors by distillation.
#pragma once

#include "core/lm/torch/network.hpp"

namespace holo::lm {

Result<TuneResult> tune(const Network& network, std::span<const Projector> projectors,
                        const Windows& train, const Windows& held_out, const TuneOptions& options,
                        const RunCallback& progress);

}  // namespace holo::lm
