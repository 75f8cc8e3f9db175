// holohost lm save-cache, holohost lm load-cache
#include "core/lm/cache_file.hpp"

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/holohost/lm/actions.hpp"
#include "apps/holohost/lm/generation_report.hpp"
#include "apps/holohost/lm/lm_session.hpp"
#include "apps/holohost/lm/options.hpp"
#include "core/lm/generate.hpp"

namespace holo::cli {

namespace {

constexpr Option kSaveOwn[] = {
    {"text", 't', "FILE", "the text to read into the cache; - reads standard input",
     Complete::file},
    {"output", 'o', "FILE", "the cache file to make", Complete::file},
    {"force", 'f', nullptr, "overwrite the output if it exists"},
};
constexpr auto kSaveOptions = join_options(kModelOptions, kSaveOwn, kKvOptions, kJsonOption);

constexpr Option kLoadOwn[] = {
    {"cache", 0, "FILE", "a file that save-cache made", Complete::file},
    {"prompt", 'p', "TEXT", "text to go on with; without it the saved text goes on"},
};
constexpr auto kLoadOptions =
    join_options(kModelOptions, kLoadOwn, kSamplingOptions, kKvOptions, kJsonOption);

Result<int> save(const Arguments& arguments) {
  if (!arguments.has("text") || !arguments.has("output")) {
    return make_error(HOLO_INVALID_ARG, "expected --text FILE and -o FILE");
  }
  std::error_code failure;
  if (!arguments.has("force") && std::filesystem::exists(arguments.text("output"), failure)) {
    return make_error(HOLO_IO, arguments.text("output") + " exists; give -f to replace it");
  }
  HOLO_ASSIGN(LmSession session, LmSession::open(arguments));
  HOLO_TRY(check_on_cpu(arguments, *session.job));
  HOLO_ASSIGN(const std::string text, read_text(arguments.text("text")));
  HOLO_ASSIGN(const auto ids, session.encode(text, arguments.text("text")));
  HOLO_ASSIGN(const auto set, session.strategies(arguments, session.kv_or_default(arguments)));
  const auto context = static_cast<std::size_t>(session.model->config().max_positions);
  if (ids.size() > context) {
    return make_error(HOLO_INVALID_ARG, arguments.text("text") + " has " +
                                            std::to_string(ids.size()) +
                                            " tokens, the model's context holds " +
                                            std::to_string(context) + ": cut the text");
  }
  HOLO_ASSIGN(auto sequence, lm::Sequence::create(session.model, set));
  HOLO_TRY(lm::check_savable(sequence));
  lm::Forward forward(*session.model, *session.job);
  session.job->begin_phase("prefill", 0);
  HOLO_TRY(forward.prefill(sequence, ids));
  session.job->finish_phase();
  const std::string output = arguments.text("output");
  HOLO_TRY(lm::save_cache(sequence, session.kv, output, arguments.has("force")));
  const std::uint64_t bytes = std::filesystem::file_size(output, failure);
  HOLO_ASSIGN(const holo_kv_bytes held, sequence.bytes());
  if (wants_json(arguments)) {
    return print_json({{"output", output},
                       {"tokens", ids.size()},
                       {"bytes_out", bytes},
                       {"bytes_in_memory", held.payload},
                       {"kv", session.kv}});
  }
  say(arguments, output + ": " + std::to_string(ids.size()) + " tokens, " + human_bytes(bytes) +
                     ", in memory " + human_bytes(held.payload));
  return kExitOk;
}

Result<int> load(const Arguments& arguments) {
  if (!arguments.has("cache")) {
    return make_error(HOLO_INVALID_ARG, "expected --cache FILE, which 'lm save-cache' made");
  }
  lm::GenerateOptions options;
  HOLO_ASSIGN(options.sampler, sampler_from(arguments));
  HOLO_ASSIGN(const auto most, arguments.integer("max-tokens", 256, 1, INT32_MAX));
  options.max_tokens = static_cast<std::size_t>(most);
  const std::string path = arguments.text("cache");
  HOLO_ASSIGN(const std::string saved, lm::cache_strategies(path));
  HOLO_ASSIGN(LmSession session, LmSession::open(arguments));
  HOLO_TRY(check_on_cpu(arguments, *session.job));
  HOLO_ASSIGN(const auto set, session.strategies(arguments, saved));
  HOLO_ASSIGN(auto sequence, lm::load_cache(session.model, set, path));
  if (arguments.has("kv")) {
    HOLO_ASSIGN(const auto other, session.strategies(arguments, arguments.text("kv")));
    HOLO_TRY(sequence.adopt(other));
  }
  std::vector<std::int32_t> prompt;
  if (arguments.has("prompt")) {
    HOLO_ASSIGN(prompt, session.tokenizer->encode(arguments.text("prompt")));
  } else {
    // The last row again: its logits are not in the file.
    prompt.push_back(sequence.tokens().back());
    HOLO_TRY(sequence.trim(sequence.tokens().size() - 1));
  }
  lm::Forward forward(*session.model, *session.job);
  TextPrinter printer(*session.tokenizer, !wants_json(arguments), true);
  printer.begin(prompt);
  options.on_token = [&printer](std::int32_t id) {
    printer.push(id);
    return true;
  };
  auto generation = lm::generate(forward, sequence, prompt, options, *session.job);
  printer.finish();
  if (!generation) return std::move(generation).error();
  if (wants_json(arguments)) {
    return print_json(generation_json(*generation, prompt, printer.text(), session.kv, sequence));
  }
  say(arguments, generation_line(*generation));
  return kExitOk;
}

template <auto Action>
int run(const Arguments& arguments) {
  auto code = Action(arguments);
  return code ? *code : report_streamed(arguments, code.error());
}

}  // namespace

Verb lm_save_cache_action() {
  return {"lm save-cache",
          "--model DIR --text FILE -o FILE [--kv SPEC]",
          "Read a text once and keep the model's cache of it",
          "The file holds the token ids and what the strategies keep, so that work on a long text "
          "need not\nread it again.",
          "  holohost lm save-cache --model gpt2-eigen --text report.txt -o report.holo\n",
          kSaveOptions,
          Complete::none,
          run<save>};
}

Verb lm_load_cache_action() {
  return {"lm load-cache",
          "--model DIR --cache FILE [--prompt TEXT]",
          "Go on from a cache that was kept",
          "With --kv, the cache is moved to these strategies first.",
          "  holohost lm load-cache --model gpt2-eigen --cache report.holo --prompt ' In short,'\n",
          kLoadOptions,
          Complete::none,
          run<load>};
}

}  // namespace holo::cli
