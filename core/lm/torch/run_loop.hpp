// Steps, evaluations, checkpoints, cancellation: what training and tuning share.
#pragma once

#include "core/lm/torch/adamw.hpp"
#include "core/lm/torch_module.hpp"

namespace holo::lm {

// One run's own part.
class Run {
 public:
  virtual ~Run() = default;
  // Loss of the batch of this step; its gradients are in the parameters afterwards.
  virtual Result<double> compute(std::int64_t step) = 0;
  // Held-out measure after `steps_done` steps.
  virtual Result<double> evaluate(std::int64_t steps_done) = 0;
  // What a checkpoint needs besides the optimiser's tensors.
  virtual void save(NamedTensors&) const {}
  virtual Status load(const NamedTensors&) { return {}; }
  [[nodiscard]] virtual std::int64_t tokens_per_step() const = 0;
};

// Names the first option that is impossible.
Status check_run(const RunOptions& options);

// The last progress told.
Result<RunProgress> run_loop(Run& run, AdamW& optimiser, const RunOptions& options,
                             const RunCallback& progress);

}  // namespace holo::lm
