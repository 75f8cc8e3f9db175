// holohost lm build
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/holohost/lm/actions.hpp"
#include "apps/holohost/lm/built_folder.hpp"
#include "apps/holohost/lm/fit.hpp"
#include "apps/holohost/lm/lm_session.hpp"
#include "apps/holohost/lm/options.hpp"

namespace holo::cli {

namespace {

constexpr Option kOwn[] = {
    {"kv", 0, "SPEC", "cache strategies to fit; may be given again, the first is the default",
     Complete::none, true},
    {"calibrate", 0, "FILE", "the text to fit them on", Complete::file},
    {"calibrate-tokens", 0, "N", "use at most N tokens of that text (default 50000)"},
    {"output", 'o', "DIR", "the folder to make", Complete::directory},
    {"force", 'f', nullptr, "overwrite what is in the folder"},
};
constexpr auto kOptions = join_options(kModelOptions, kOwn, kLossOptions, kJsonOption);

// Fits every strategy in one pass over the text.
Result<lm::PatchedFolder> build(const Arguments& arguments, LmSession& session) {
  std::vector<lm::KvPatches> opened;
  std::vector<std::shared_ptr<host::PatchSession>> unfitted;
  for (const std::string& text : arguments.all("kv")) {
    HOLO_ASSIGN(lm::KvPatches patches,
                lm::open_kv(*session.registry, *session.job, *session.model, text));
    for (const auto& patch : patches.patches) {
      if (!patch->ready()) unfitted.push_back(patch);
    }
    opened.push_back(std::move(patches));
  }
  if (!unfitted.empty()) HOLO_TRY(fit_strategies(arguments, session, unfitted));

  return write_built_folder(arguments, session, opened);
}

Result<int> run_build(const Arguments& arguments) {
  if (!arguments.has("kv") || !arguments.has("output")) {
    return make_error(HOLO_INVALID_ARG, "expected --kv SPEC and -o DIR");
  }
  HOLO_TRY(check_built_folder(arguments));
  HOLO_ASSIGN(LmSession session, LmSession::open(arguments));
  HOLO_ASSIGN(const lm::PatchedFolder folder, build(arguments, session));
  std::uint64_t bytes = 0;
  nlohmann::ordered_json strategies = nlohmann::ordered_json::array();
  for (const lm::BuiltStrategy& built : folder.strategies) {
    for (const std::string& name : built.bases) {
      std::error_code failure;
      if (!name.empty()) {
        bytes += std::filesystem::file_size(std::filesystem::path(folder.folder) / name, failure);
      }
    }
    strategies.push_back({{"kv", built.kv}, {"bases", built.bases}});
  }
  say(arguments, folder.folder + ": " + std::to_string(folder.strategies.size()) +
                     (folder.strategies.size() == 1 ? " strategy" : " strategies") + ", bases of " +
                     human_bytes(bytes));
  if (!wants_json(arguments)) return kExitOk;
  return print_json({{"output", folder.folder},
                     {"model", folder.model},
                     {"strategies", std::move(strategies)},
                     {"bytes_out", bytes}});
}

int run(const Arguments& arguments) {
  auto code = run_build(arguments);
  return code ? *code : report_error(arguments, code.error());
}

}  // namespace

Verb lm_build_action() {
  return {
      "lm build",
      "--model DIR --kv SPEC [--kv SPEC]... --calibrate FILE -o DIR",
      "Fit cache strategies to a model",
      "The model reads the text, every strategy sees the keys and values of it and fits itself. "
      "The folder\nthat is made stands for the model with these strategies in 'chat', "
      "'generate', 'eval' and 'bench'.\nIt refers to the model's folder and holds the bases.",
      "  holohost lm build --model gpt2 --kv kv-eigen:k=150 --calibrate wiki.train.raw -o "
      "gpt2-eigen\n",
      kOptions,
      Complete::none,
      run};
}

}  // namespace holo::cli
