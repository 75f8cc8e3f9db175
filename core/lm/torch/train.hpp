// Training a small GPT-2 from scratch.
#pragma once

#include "core/lm/torch/network.hpp"

namespace holo::lm {

Result<TrainResult> train_gpt2(std::span<const std::int32_t> tokens, const TrainOptions& options,
                               at::Device device, const RunCallback& progress);

// INVALID_ARG with the place of the first id that is outside the vocabulary.
Status check_ids(std::span<const std::int32_t> ids, const ModelConfig& config);

}  // namespace holo::lm
