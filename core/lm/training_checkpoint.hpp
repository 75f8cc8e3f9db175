// The file of a stopped run: a safetensors file of weights, optimiser state and step.
#pragma once

#include <string>

#include "core/lm/torch_module.hpp"

namespace holo::lm {

// `run` names the run: everything that must be the same for it to go on (options, model, text).
// Replaces the file whole or not at all.
Status write_training_checkpoint(const std::string& path, const TrainingCheckpoint& checkpoint,
                                 const std::string& run);
// INVALID_ARG if the file was made by another run, with what it says of itself; CORRUPT if it is
// not a checkpoint.
Result<TrainingCheckpoint> read_training_checkpoint(const std::string& path,
                                                    const std::string& run);

}  // namespace holo::lm
