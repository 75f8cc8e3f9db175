// A training that can be stopped: its options, its progress and its checkpoint.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "apps/holohost/session.hpp"
#include "core/lm/torch_module.hpp"

namespace holo::cli {

inline constexpr Option kRunOptions[] = {
    {"steps", 0, "N", "steps of the optimiser"},
    {"batch", 0, "N", "windows a step"},
    {"learning-rate", 0, "X", "at its highest, after the warm-up"},
    {"seed", 0, "S", "the same seed, options and text give the same weights (default 1)"},
    {"checkpoint-every", 0, "N", "steps between checkpoints (default 200)"},
    {"restart", 0, nullptr, "discard what an interrupted training kept"},
};

struct RunDefaults {
  std::int64_t steps;
  std::int64_t batch;
  double learning_rate;
};

// A number that differs, all but surely, for texts that differ: part of a run's identity.
std::string ids_fingerprint(std::span<const std::int32_t> ids);

class TrainingRun {
 public:
  // The checkpoint is OUTPUT.checkpoint. `identity` is what has to be the same, beside the options,
  // for an interrupted run to go on; where it differs, INVALID_ARG says what to do.
  static Result<TrainingRun> open(const Arguments& arguments, const std::string& output,
                                  host::Job& job, const RunDefaults& defaults,
                                  const std::string& identity);
  // Refers to *this, as progress() does.
  [[nodiscard]] lm::RunOptions options() const;
  [[nodiscard]] lm::RunCallback progress() const;
  [[nodiscard]] bool resumed() const { return resumed_ != nullptr; }
  void finish();  // removes the checkpoint

 private:
  std::string path_;
  std::string identity_;
  host::Job* job_ = nullptr;
  lm::RunOptions options_;
  std::shared_ptr<const lm::TrainingCheckpoint> resumed_;
};

// As report_error, but says that a checkpoint is left if there is one.
int report_stopped_training(const Arguments& arguments, const std::string& output,
                            const Error& error);

}  // namespace holo::cli
