// Options, progress and checkpoints of trainings in LibTorch.
#include "apps/holohost/lm/training_run.hpp"

#include <cmath>
#include <filesystem>

#include "apps/holohost/lm/lm_session.hpp"
#include "core/lm/training_checkpoint.hpp"

namespace holo::cli {

namespace {

// Tells any two numbers apart.
std::string exact_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.17g", value);
  return text;
}

std::string checkpoint_path(const std::string& output) {
  std::string base = output;
  while (base.size() > 1 && base.back() == '/') base.pop_back();
  return base + ".checkpoint";
}

}  // namespace

std::string ids_fingerprint(std::span<const std::int32_t> ids) {
  std::uint64_t hash = 14695981039346656037u;  // FNV-1a
  for (const std::int32_t id : ids) {
    hash = (hash ^ static_cast<std::uint32_t>(id)) * 1099511628211u;
  }
  return std::to_string(ids.size()) + " tokens " + std::to_string(hash);
}

Result<TrainingRun> TrainingRun::open(const Arguments& arguments, const std::string& output,
                                      host::Job& job, const RunDefaults& defaults,
                                      const std::string& identity) {
  TrainingRun run;
  run.job_ = &job;
  run.path_ = checkpoint_path(output);
  lm::RunOptions& options = run.options_;
  HOLO_ASSIGN(options.steps, arguments.integer("steps", defaults.steps, 1, 100000000));
  HOLO_ASSIGN(options.batch, arguments.integer("batch", defaults.batch, 1, 65536));
  HOLO_ASSIGN(options.learning_rate,
              number_option(arguments, "learning-rate", defaults.learning_rate, 1e-8, 10));
  HOLO_ASSIGN(const auto seed, arguments.integer("seed", 1, 0, INT64_MAX));
  HOLO_ASSIGN(options.checkpoint_every, arguments.integer("checkpoint-every", 200, 1, INT64_MAX));
  options.seed = static_cast<std::uint64_t>(seed);
  options.warm_up_steps = std::min<std::int64_t>(100, options.steps / 10);
  options.evaluate_every = std::max<std::int64_t>(1, options.steps / 20);
  run.identity_ = identity + " steps=" + std::to_string(options.steps) +
                  " batch=" + std::to_string(options.batch) + " seed=" + std::to_string(seed) +
                  " learning_rate=" + exact_text(options.learning_rate);
  std::error_code failure;
  if (arguments.has("restart")) std::filesystem::remove(run.path_, failure);
  if (std::filesystem::exists(run.path_, failure)) {
    auto checkpoint = lm::read_training_checkpoint(run.path_, run.identity_);
    if (!checkpoint) {
      Error error = std::move(checkpoint).error();
      error.message += "; give --restart to begin anew";
      return error;
    }
    run.resumed_ = std::make_shared<const lm::TrainingCheckpoint>(std::move(*checkpoint));
    say(arguments, "going on from step " + std::to_string(run.resumed_->step));
  }
  return run;
}

lm::RunOptions TrainingRun::options() const {
  lm::RunOptions options = options_;
  options.resume = resumed_.get();
  options.checkpoint = [path = path_,
                        identity = identity_](const lm::TrainingCheckpoint& checkpoint) {
    return lm::write_training_checkpoint(path, checkpoint, identity);
  };
  return options;
}

lm::RunCallback TrainingRun::progress() const {
  job_->begin_phase("train", static_cast<std::uint64_t>(options_.steps));
  return [job = job_, last = std::make_shared<double>(NAN)](const lm::RunProgress& at) -> Status {
    if (at.step > 0) job->begin_unit(static_cast<std::uint64_t>(at.step - 1));
    if (!std::isnan(at.held_out) && at.held_out != *last) {
      *last = at.held_out;
      job->log(HOLO_LOG_INFO, "step " + std::to_string(at.step) + ": loss " + fixed(at.loss, 4) +
                                  ", held out " + fixed(at.held_out, 4) + ", " +
                                  fixed(at.tokens_per_second, 0) + " tokens/s");
    }
    return job->check_cancelled();
  };
}

void TrainingRun::finish() {
  job_->finish_phase();
  std::error_code failure;
  std::filesystem::remove(path_, failure);
}

int report_stopped_training(const Arguments& arguments, const std::string& output,
                            const Error& error) {
  std::error_code failure;
  const std::string path = checkpoint_path(output);
  const bool kept = !output.empty() && std::filesystem::exists(path, failure);
  if (!kept) return report_error(arguments, error);
  if (error.code == HOLO_CANCELLED || host::Job::cancelled()) {
    end_progress();
    std::fprintf(stderr,
                 "holohost %s: cancelled; %s keeps what was done, and the same command "
                 "goes on from it\n",
                 arguments.verb().name, path.c_str());
    return kExitCancelled;
  }
  const int code = report_error(arguments, error);
  if (code != kExitUsage) {
    std::fprintf(stderr, "%s keeps what was done, and the same command goes on from it\n",
                 path.c_str());
  }
  return code;
}

}  // namespace holo::cli
