#include "core/lm/torch/run_loop.hpp"

#include <chrono>
#include <cmath>

namespace holo::lm {

namespace {

double seconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

Status write_checkpoint(const Run& run, const AdamW& optimiser, const RunOptions& options,
                        std::int64_t step) {
  if (!options.checkpoint) return {};
  TrainingCheckpoint checkpoint;
  checkpoint.step = step;
  optimiser.save(checkpoint.tensors);
  run.save(checkpoint.tensors);
  return options.checkpoint(checkpoint);
}

}  // namespace

Status check_run(const RunOptions& options) {
  const auto refuse = [](const std::string& what) {
    return make_error(HOLO_INVALID_ARG, what + "; choose another value");
  };
  if (options.steps < 1) return refuse("a run needs at least 1 step");
  if (options.batch < 1) return refuse("a batch needs at least 1 window");
  if (options.evaluate_every < 1) return refuse("evaluate_every is below 1 step");
  if (!(options.learning_rate > 0)) return refuse("the learning rate is not above 0");
  if (!(options.final_rate >= 0 && options.final_rate <= 1)) {
    return refuse("final_rate is not within 0 to 1");
  }
  if (options.warm_up_steps < 0 || options.checkpoint_every < 0) {
    return refuse("a number of steps is negative");
  }
  return {};
}

Result<RunProgress> run_loop(Run& run, AdamW& optimiser, const RunOptions& options,
                             const RunCallback& progress) {
  RunProgress now;
  now.steps = options.steps;
  if (options.resume != nullptr) {
    now.step = options.resume->step;
    if (now.step < 0 || now.step > options.steps) {
      return make_error(HOLO_INVALID_ARG, "the checkpoint is at step " + std::to_string(now.step) +
                                              ", but the run has " + std::to_string(options.steps) +
                                              " steps");
    }
    HOLO_TRY(optimiser.load(options.resume->tensors));
    HOLO_TRY(run.load(options.resume->tensors));
  }
  double spent = 0;
  const std::int64_t begin = now.step;
  while (now.step < options.steps) {
    const double before = seconds();
    now.learning_rate = learning_rate(options, now.step);
    HOLO_ASSIGN(now.loss, run.compute(now.step));
    if (!std::isfinite(now.loss)) {
      return make_error(HOLO_INTERNAL, "the loss is not finite at step " +
                                           std::to_string(now.step) +
                                           "; use a lower learning rate");
    }
    optimiser.step(now.learning_rate, now.step);
    ++now.step;
    spent += seconds() - before;
    now.tokens_per_second =
        static_cast<double>((now.step - begin) * run.tokens_per_step()) / std::max(spent, 1e-9);
    if (now.step % options.evaluate_every == 0 || now.step == options.steps) {
      HOLO_ASSIGN(now.held_out, run.evaluate(now.step));
    }
    if (options.checkpoint_every > 0 && now.step % options.checkpoint_every == 0) {
      HOLO_TRY(write_checkpoint(run, optimiser, options, now.step));
    }
    if (!progress) continue;
    if (Status told = progress(now); !told.ok()) {
      HOLO_TRY(write_checkpoint(run, optimiser, options, now.step));
      return std::move(told).error();
    }
  }
  return now;
}

}  // namespace holo::lm
