// holohost lm eval
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/holohost/lm/actions.hpp"
#include "apps/holohost/lm/evaluation_report.hpp"
#include "apps/holohost/lm/lm_session.hpp"
#include "apps/holohost/lm/options.hpp"
#include "core/lm/evaluate.hpp"

namespace holo::cli {

namespace {

constexpr auto kOptions = join_options(kModelOptions, kTextOptions, kKvOptions, kJsonOption);

Result<int> evaluate(const Arguments& arguments) {
  HOLO_ASSIGN(LmSession session, LmSession::open(arguments));
  HOLO_TRY(check_on_cpu(arguments, *session.job));
  HOLO_ASSIGN(const EvaluationText text, evaluation_text(session, arguments));
  HOLO_ASSIGN(const auto set, session.strategies(arguments, session.kv_or_default(arguments)));
  lm::EvaluateOptions options = text.options;
  // Without strategies there is nothing to compare, and the rows of a step are exact anyway.
  options.compare_full = set != nullptr && options.compare_full;
  if (set == nullptr && !arguments.has("chunk")) options.chunk = 256;
  HOLO_ASSIGN(lm::Evaluation result,
              lm::evaluate(session.model, set, text.ids, options, *session.job));
  if (set == nullptr && text.options.compare_full) {
    // The full cache itself.
    options.compare_full = true;
    result.full_perplexity = result.perplexity;
    result.top1_agreement = 1;
  }
  if (wants_json(arguments)) return print_json(evaluation_json(result, session.kv, options));
  end_progress();
  std::printf("%s", evaluation_lines(result, session.kv, options).c_str());
  return kExitOk;
}

int run(const Arguments& arguments) {
  auto code = evaluate(arguments);
  return code ? *code : report_error(arguments, code.error());
}

}  // namespace

Verb lm_eval_action() {
  return {"lm eval",
          "--model DIR --text FILE [--window N] [--stride M] [--kv SPEC]",
          "Perplexity of a text, and what cache strategies change in it",
          "The text is cut into windows of N tokens that begin every M tokens; a window predicts "
          "what no earlier\none did. With --kv every token goes in alone, as in generation, and "
          "the same windows run with a\nfull cache beside it.",
          "  holohost lm eval --model gpt2 --text wiki.test.raw --window 1024 --stride 1024\n"
          "  holohost lm eval --model gpt2 --text wiki.test.raw --kv kv-quant:bits=4 --json\n",
          kOptions,
          Complete::none,
          run};
}

}  // namespace holo::cli
