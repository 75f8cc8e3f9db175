// holohost train
#include "core/jobs/train.hpp"

#include <holo/abi/trainer.h>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/holohost/lm/fit.hpp"
#include "apps/holohost/lm/options.hpp"
#include "apps/holohost/lm/training_run.hpp"
#include "apps/holohost/lm/tune.hpp"
#include "apps/holohost/session.hpp"
#include "apps/holohost/verbs/verbs.hpp"

namespace holo::cli {

namespace {

constexpr Option kOwn[] = {
    {"output", 'o', "OUT", "the file to make, or - for standard output", Complete::file},
    {"images", 0, "PATH", "pictures to train on, a folder or a file", Complete::file, true},
    {"tensors", 0, "PATH", "tensor files to train on, or folders of them", Complete::file, true},
    {"text", 0, "PATH", "text files to train on, or folders of them", Complete::file, true},
    {"param", 'p', "key=value", "a parameter of the trainer", Complete::none, true},
    {"force", 'f', nullptr, "overwrite the output if it exists"},
    {"isolate", 0, nullptr, "run in a process of its own, so that a plugin's crash ends only that"},
    {"model", 'm', "DIR", "train the projectors of the cache strategy NAME for this model",
     Complete::directory},
    {"weights", 0, "FILE", "with --model: take the tensors from this file", Complete::file},
    {"precision", 0, "f32|f16", "with --model: how the runtime holds the weights"},
    {"calibrate-tokens", 0, "N", "with --model: use at most N tokens (default 50000)"},
    {"window", 0, "N", "with --model: tokens a window (default 128)"},
};
constexpr auto kOptions = join_options(kOwn, kRunOptions, kLossOptions, kJsonOption);

// Rows of the tables above that mean something with --model only.
constexpr const char* kModelOnly[] = {
    "weights", "precision", "calibrate-tokens", "window", "loss",
    "steps",   "batch",     "learning-rate",    "seed",   "checkpoint-every"};

struct InputOption {
  const char* name;
  std::uint32_t kind;
};
constexpr InputOption kInputOptions[] = {
    {"images", HOLO_TRAIN_PICTURES}, {"tensors", HOLO_TRAIN_TENSORS}, {"text", HOLO_TRAIN_TEXT}};

Status read_inputs(const Arguments& arguments, jobs::TrainOptions& options) {
  const auto& operands = arguments.operands();
  options.inputs.assign(operands.begin() + 1, operands.end());
  for (const InputOption& option : kInputOptions) {
    if (!arguments.has(option.name)) continue;
    if (options.kind != 0) {
      return make_error(HOLO_INVALID_ARG,
                        "expected one of --images, --tensors and --text: a training takes one "
                        "kind of input");
    }
    options.kind = option.kind;
    const auto paths = arguments.all(option.name);
    options.inputs.insert(options.inputs.end(), paths.begin(), paths.end());
  }
  if (!options.inputs.empty()) return {};
  return make_error(HOLO_INVALID_ARG,
                    "expected something to train on: files or folders after the trainer's name, "
                    "or with --images, --tensors or --text");
}

Result<jobs::TrainOptions> options_from(const Arguments& arguments) {
  jobs::TrainOptions options;
  if (arguments.operands().empty()) {
    return make_error(HOLO_INVALID_ARG,
                      "expected the name of a trainer; 'holohost plugins list' shows what there "
                      "is");
  }
  HOLO_ASSIGN(options.trainer, host::parse_component_spec(arguments.operands().front()));
  HOLO_TRY(read_inputs(arguments, options));
  HOLO_ASSIGN(options.params, given_params(arguments));
  options.output = arguments.text("output");
  if (options.output.empty()) {
    return make_error(HOLO_INVALID_ARG, "expected -o OUT, the file to make");
  }
  options.overwrite = arguments.has("force");
  options.restart = arguments.has("restart");
  return options;
}

// Interrupted, not lost: says how to go on.
int report_failure(const Arguments& arguments, const jobs::TrainOptions& options,
                   const Error& error) {
  const std::string folder = jobs::checkpoint_folder(options.output);
  std::error_code failure;
  const bool kept = !folder.empty() && std::filesystem::exists(folder, failure);
  const bool stopped = error.code == HOLO_CANCELLED || host::Job::cancelled();
  if (!kept) return report_error(arguments, error);
  const std::string rest = folder + " keeps what was done, and the same command goes on from it";
  if (stopped) {
    end_progress();
    std::fprintf(stderr, "holohost train: cancelled; %s\n", rest.c_str());
    return kExitCancelled;
  }
  const int code = report_error(arguments, error);
  // A usage error is about the options; what is kept is named in it if it matters.
  if (code != kExitUsage) std::fprintf(stderr, "%s\n", rest.c_str());
  return code;
}

int run(const Arguments& arguments) {
  if (arguments.has("model")) return run_tune(arguments);
  for (const char* name : kModelOnly) {
    if (!arguments.has(name)) continue;
    return report_error(arguments, make_error(HOLO_INVALID_ARG,
                                              std::string("--") + name +
                                                  " goes with --model; a trainer's own parameters "
                                                  "are given with -p key=value"));
  }
  auto options = options_from(arguments);
  if (!options) return report_error(arguments, options.error());
  auto registry = open_registry(arguments);
  if (!registry) return report_error(arguments, registry.error());
  auto job = open_job(arguments);
  if (!job) return report_error(arguments, job.error());
  auto report = jobs::train(**registry, **job, *options);
  if (!report) return report_failure(arguments, *options, report.error());

  std::string line = options->output + ": " + human_bytes(report->bytes_out) + " from " +
                     std::to_string(report->inputs) + " " + report->input_kind + ", " +
                     human_seconds(report->seconds);
  if (report->resumed) line += ", went on from a checkpoint";
  say(arguments, line);
  if (report->skipped > 0) {
    say(arguments, "skipped in the folders, of another kind: " + std::to_string(report->skipped));
  }
  if (!wants_json(arguments)) return kExitOk;
  if (options->output == "-") {
    warn("--json is left out, because the output goes to standard output");
    return kExitOk;
  }
  return print_json(
      {{"trainer", {{"id", report->trainer_id}, {"version", report->trainer_version}}},
       {"params", params_json(report->params)},
       {"input_kind", report->input_kind},
       {"inputs", report->inputs},
       {"skipped", report->skipped},
       {"output", options->output},
       {"bytes_out", report->bytes_out},
       {"resumed", report->resumed},
       {"seconds", report->seconds}});
}

}  // namespace

Verb train_verb() {
  return {
      "train",
      "NAME[:key=value,...] [INPUT...] -o OUT [--images PATH]... [-p key=value]...",
      "Train a basis or a model on pictures, tensors or text",
      "Inputs are files and folders, folders with all that is below them. The same inputs and "
      "parameters\ngive the same file. While it works, OUT.checkpoint keeps what is done: "
      "after Ctrl-C or a crash the\nsame command goes on from there. 'holohost train NAME "
      "--help' lists the trainer's parameters.\n\nWith --model, NAME is a cache strategy with "
      "its settings: it is fitted as by 'lm build', then its\nprojectors are fine-tuned so "
      "that the model's predictions change least, and kept where that is\nbetter on the last "
      "tenth of the text. OUT is a folder as 'lm build' makes it. Needs LibTorch.",
      "  holohost train holo-image --images photos/ -o mine.model\n"
      "  holohost train holo-image --images photos/ -o mine.model -p seed=7 -j 4 --json\n"
      "  holohost train kv-eigen:k=64,predict=none --model gpt2 --text wiki.train.raw -o tuned\n",
      kOptions,
      Complete::trainer,
      run,
      true};
}

}  // namespace holo::cli
