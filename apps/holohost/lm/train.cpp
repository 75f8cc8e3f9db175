// holohost lm train
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/holohost/lm/actions.hpp"
#include "apps/holohost/lm/lm_session.hpp"
#include "apps/holohost/lm/options.hpp"
#include "apps/holohost/lm/torch_session.hpp"
#include "apps/holohost/lm/training_run.hpp"
#include "core/base/file.hpp"
#include "core/bench/scratch.hpp"
#include "core/lm/bpe_trainer.hpp"
#include "core/lm/model_folder.hpp"
#include "core/lm/torch_module.hpp"

namespace holo::cli {

namespace {

constexpr Option kOwn[] = {
    {"text", 't', "FILE", "the text to train on; its end is kept for validation", Complete::file},
    {"output", 'o', "DIR", "the model folder to make", Complete::directory},
    {"arch", 0, "gpt2", "the architecture (only gpt2)"},
    {"layers", 0, "N", "layers (default 4)"},
    {"hidden", 0, "N", "width of the residual stream (default 256)"},
    {"heads", 0, "N", "heads (default 4)"},
    {"context", 0, "N", "tokens a window (default 256)"},
    {"vocabulary", 0, "N", "tokens of the BPE vocabulary that is trained first (default 2048)"},
    {"tokenizer", 0, "DIR", "take the tokenizer of this folder instead", Complete::directory},
    {"force", 'f', nullptr, "overwrite the output if it exists"},
};
constexpr auto kOptions = join_options(kOwn, kRunOptions, kJsonOption);

struct Corpus {
  std::vector<std::int32_t> ids;
  std::int32_t vocabulary = 0;
  std::int32_t eos = -1;
  std::vector<lm::FolderFile> files;
};

Result<Corpus> open_corpus(const Arguments& arguments) {
  Corpus corpus;
  const std::string path = arguments.text("text");
  HOLO_ASSIGN(const std::string text, read_text(path));
  std::string folder = arguments.text("tokenizer");
  HOLO_ASSIGN(const auto scratch, bench::ScratchFolder::make());
  if (folder.empty()) {
    HOLO_ASSIGN(const auto size, arguments.integer("vocabulary", 2048, 257, 1 << 20));
    auto bpe = lm::train_bpe({text}, static_cast<std::int32_t>(size),
                             [] { return host::Job::cancelled(); });
    if (!bpe) return std::move(bpe).error().in(path);
    corpus.files = lm::tokenizer_of(*bpe);
    folder = scratch.path();
    for (const lm::FolderFile& file : corpus.files) {
      HOLO_ASSIGN(auto out, AtomicFile::create(folder + "/" + file.name, true));
      HOLO_TRY(
          out->write({reinterpret_cast<const std::uint8_t*>(file.text.data()), file.text.size()}));
      HOLO_TRY(out->commit());
    }
  } else {
    HOLO_ASSIGN(corpus.files, lm::tokenizer_of(folder));
  }
  HOLO_ASSIGN(const auto tokenizer, lm::Tokenizer::open(folder));
  auto ids = tokenizer->encode(text);
  if (!ids) return std::move(ids).error().in(path);
  corpus.ids = std::move(*ids);
  corpus.vocabulary = tokenizer->vocabulary();
  corpus.eos = tokenizer->eos();
  return corpus;
}

Result<lm::ModelConfig> shape(const Arguments& arguments, const Corpus& corpus) {
  if (arguments.text("arch", "gpt2") != "gpt2") {
    return make_error(HOLO_UNSUPPORTED, "--arch takes gpt2, found '" + arguments.text("arch") +
                                            "': models of other families can be run, not trained");
  }
  HOLO_ASSIGN(const auto layers, arguments.integer("layers", 4, 1, 1000));
  HOLO_ASSIGN(const auto hidden, arguments.integer("hidden", 256, 2, 1 << 16));
  HOLO_ASSIGN(const auto heads, arguments.integer("heads", 4, 1, 1 << 12));
  HOLO_ASSIGN(const auto context, arguments.integer("context", 256, 2, 1 << 16));
  if (hidden % heads != 0) {
    return make_error(HOLO_INVALID_ARG, "--hidden " + std::to_string(hidden) +
                                            " is not a multiple of --heads " +
                                            std::to_string(heads));
  }
  lm::ModelConfig config;
  config.layers = static_cast<std::int32_t>(layers);
  config.hidden = static_cast<std::int32_t>(hidden);
  config.heads = config.kv_heads = static_cast<std::int32_t>(heads);
  config.head_dim = config.hidden / config.heads;
  config.intermediate = 4 * config.hidden;
  config.vocabulary = corpus.vocabulary;
  config.max_positions = static_cast<std::int32_t>(context);
  config.bos = corpus.eos;
  if (corpus.eos >= 0) config.eos = {corpus.eos};
  return config;
}

Status write_model(const Arguments& arguments, const lm::ModelConfig& config,
                   const lm::TrainResult& trained, const Corpus& corpus) {
  std::vector<lm::FolderTensor> tensors;
  for (const auto& [name, tensor] : trained.weights) {
    tensors.push_back({name, tensor.shape, tensor.data});
  }
  return lm::write_model_folder(arguments.text("output"), config, tensors, corpus.files,
                                arguments.has("force"));
}

Result<int> train(const Arguments& arguments) {
  if (!arguments.has("text") || !arguments.has("output")) {
    return make_error(HOLO_INVALID_ARG, "expected --text FILE and -o DIR");
  }
  const std::string output = arguments.text("output");
  std::error_code failure;
  if (!arguments.has("force") &&
      std::filesystem::exists(std::filesystem::path(output) / "config.json", failure)) {
    return make_error(HOLO_IO, output + " holds a model already; give -f to replace it");
  }
  HOLO_ASSIGN(const auto job, open_job(arguments));
  HOLO_ASSIGN(const Corpus corpus, open_corpus(arguments));
  lm::TrainOptions options;
  HOLO_ASSIGN(options.config, shape(arguments, corpus));
  HOLO_ASSIGN(TrainingRun run,
              TrainingRun::open(arguments, output, *job, {2000, 8, 1e-3},
                                lm::config_json(options.config) + ids_fingerprint(corpus.ids)));
  options.run = run.options();
  HOLO_ASSIGN(lm::TorchModule * module, lm::load_torch_module());
  HOLO_ASSIGN(const lm::TrainResult trained,
              module->train(corpus.ids, options, torch_options(*job), run.progress()));
  end_progress();
  HOLO_TRY(write_model(arguments, options.config, trained, corpus));
  run.finish();
  say(arguments, output + ": validation loss " + fixed(trained.validation_loss, 4) +
                     " nats a token, training loss " + fixed(trained.train_loss, 4) + ", " +
                     fixed(trained.tokens_per_second, 0) + " tokens/s");
  if (!wants_json(arguments)) return kExitOk;
  return print_json({{"output", output},
                     {"tokens", corpus.ids.size()},
                     {"vocabulary", corpus.vocabulary},
                     {"steps", options.run.steps},
                     {"train_loss", trained.train_loss},
                     {"validation_loss", trained.validation_loss},
                     {"tokens_per_second", trained.tokens_per_second},
                     {"resumed", run.resumed()}});
}

int run(const Arguments& arguments) {
  auto code = train(arguments);
  return code ? *code : report_stopped_training(arguments, arguments.text("output"), code.error());
}

}  // namespace

Verb lm_train_action() {
  return {
      "lm train",
      "--text FILE -o DIR [--layers N] [--hidden N] [--steps N]",
      "Train a small GPT-2 on a text",
      "A byte-level BPE vocabulary is trained on the text first. The defaults make a model of 3.8 "
      "million\nweights in some minutes on two cores. Ctrl-C keeps a checkpoint; the same "
      "command goes on from it.\nNeeds LibTorch; --device cuda uses a GPU where LibTorch has "
      "CUDA.",
      "  holohost lm train --arch gpt2 --text tales.txt -o tales-model --steps 2000\n",
      kOptions,
      Complete::none,
      run};
}

}  // namespace holo::cli
