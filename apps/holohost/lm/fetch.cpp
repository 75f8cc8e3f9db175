// holohost lm fetch
#include "core/lm/fetch.hpp"

#include <nlohmann/json.hpp>

#include "apps/holohost/lm/actions.hpp"
#include "apps/holohost/lm/options.hpp"
#include "apps/holohost/progress.hpp"
#include "apps/holohost/session.hpp"

namespace holo::cli {

namespace {

constexpr Option kOwn[] = {
    {"output", 'o', "DIR", "the folder to make (default: the name)", Complete::directory},
    {"from", 0, "URL", "another server that is laid out like the hub (HTTPS)"},
    {"revision", 0, "NAME", "branch, tag or commit (default main)"},
};
constexpr auto kOptions = join_options(kOwn, kJsonOption);

Result<int> fetch(const Arguments& arguments) {
  HOLO_ASSIGN(const std::string name,
              arguments.one_operand("the name of a model, such as gpt2 or owner/name"));
  lm::FetchOptions options;
  options.base = arguments.text("from", options.base);
  options.revision = arguments.text("revision", options.revision);
  options.stop = [] { return host::Job::cancelled(); };
  const auto start = std::chrono::steady_clock::now();
  if (!arguments.has("quiet")) {
    options.on_progress = [start](const lm::FetchProgress& progress) {
      host::ProgressUpdate update;
      update.phase = progress.file;
      update.units_done = progress.done / 1000000;
      update.units_total = progress.total / 1000000;
      const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
      update.seconds = passed.count();
      show_progress(update);
    };
  }
  const std::string folder = arguments.text("output", name.substr(name.find_last_of('/') + 1));
  HOLO_ASSIGN(const auto files, lm::fetch_model(name, folder, options));
  end_progress();
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const lm::FetchedFile& file : files) {
    rows.push_back({{"name", file.name},
                    {"bytes", file.bytes},
                    {"sha256", file.sha256},
                    {"present", file.present}});
    say(arguments, folder + "/" + file.name + ": " + human_bytes(file.bytes) +
                       (file.present          ? ", was there"
                        : file.sha256.empty() ? ""
                                              : ", checksum verified"));
  }
  if (!wants_json(arguments)) return kExitOk;
  return print_json({{"output", folder}, {"files", std::move(rows)}});
}

int run(const Arguments& arguments) {
  auto code = fetch(arguments);
  if (code) return *code;
  // What was downloaded stays, so that the next call goes on.
  if (code.error().code == HOLO_CANCELLED) {
    end_progress();
    std::fputs("holohost lm fetch: cancelled; the same command goes on from here\n", stderr);
    return kExitCancelled;
  }
  return report_error(arguments, code.error());
}

}  // namespace

Verb lm_fetch_action() {
  return {"lm fetch",
          "NAME [-o DIR]",
          "Download a model from the Hugging Face hub",
          "NAME is gpt2, gpt2-medium, gpt2-large, gpt2-xl or owner/name of a model that 'lm' can "
          "run. Weights\nare checked against the hub's SHA-256; what was interrupted goes on.",
          "  holohost lm fetch gpt2\n",
          kOptions,
          Complete::none,
          run};
}

}  // namespace holo::cli
