// holohost lm generate
#include "core/lm/generate.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/holohost/lm/actions.hpp"
#include "apps/holohost/lm/generation_report.hpp"
#include "apps/holohost/lm/lm_session.hpp"
#include "apps/holohost/lm/options.hpp"

namespace holo::cli {

namespace {

constexpr Option kOwn[] = {
    {"prompt", 'p', "TEXT", "the beginning; - reads standard input"},
    {"no-stream", 0, nullptr, "print the text at its end, not as it comes"},
};
constexpr auto kOptions =
    join_options(kModelOptions, kOwn, kSamplingOptions, kKvOptions, kJsonOption);

Result<int> generate(const Arguments& arguments) {
  if (!arguments.has("prompt")) {
    return make_error(HOLO_INVALID_ARG, "expected --prompt TEXT, or --prompt - to read it");
  }
  lm::GenerateOptions options;
  HOLO_ASSIGN(options.sampler, sampler_from(arguments));
  HOLO_ASSIGN(const auto most, arguments.integer("max-tokens", 256, 1, INT32_MAX));
  options.max_tokens = static_cast<std::size_t>(most);
  HOLO_ASSIGN(LmSession session, LmSession::open(arguments));
  HOLO_TRY(check_on_cpu(arguments, *session.job));
  std::string prompt = arguments.text("prompt");
  if (prompt == "-") {
    HOLO_ASSIGN(prompt, read_text(prompt));
  }
  HOLO_ASSIGN(const auto prompt_ids, session.encode(prompt, "the prompt"));
  HOLO_ASSIGN(const auto set, session.strategies(arguments, session.kv_or_default(arguments)));
  HOLO_ASSIGN(auto sequence, lm::Sequence::create(session.model, set));
  lm::Forward forward(*session.model, *session.job);

  const bool streams = !wants_json(arguments) && !arguments.has("no-stream");
  TextPrinter printer(*session.tokenizer, streams);
  // A prompt that is refused prints nothing.
  options.on_token = [&](std::int32_t id) {
    if (printer.text().empty()) printer.begin(prompt_ids);
    printer.push(id);
    return true;
  };
  auto generation = lm::generate(forward, sequence, prompt_ids, options, *session.job);
  if (generation && printer.text().empty()) printer.begin(prompt_ids);
  if (!printer.text().empty()) printer.finish();
  if (!generation) return std::move(generation).error();
  if (wants_json(arguments)) {
    return print_json(
        generation_json(*generation, prompt_ids, printer.text(), session.kv, sequence));
  }
  if (!streams) std::printf("%s\n", printer.text().c_str());
  say(arguments, generation_line(*generation));
  return kExitOk;
}

int run(const Arguments& arguments) {
  auto code = generate(arguments);
  return code ? *code : report_streamed(arguments, code.error());
}

}  // namespace

Verb lm_generate_action() {
  return {"lm generate",
          "--model DIR --prompt TEXT [--max-tokens N] [--kv SPEC]",
          "Go on with a text",
          "Prints the prompt and what the model makes of it. The model's end-of-text token and a "
          "full context\nend it too.",
          "  holohost lm generate --model gpt2 --prompt 'Once upon a time' --greedy\n"
          "  holohost lm generate --model gpt2 --prompt 'The sea' --kv kv-quant:bits=4 --json\n",
          kOptions,
          Complete::none,
          run};
}

}  // namespace holo::cli
