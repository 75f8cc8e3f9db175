// holohost lm: the actions, each with options of its own.
#include <algorithm>
#include <array>
#include <vector>

#include "apps/holohost/lm/actions.hpp"
#include "apps/holohost/session.hpp"
#include "apps/holohost/verbs/verbs.hpp"

namespace holo::cli {

namespace {

std::span<const Verb> actions() {
  static const Verb kActions[] = {lm_generate_action(),   lm_chat_action(),      lm_eval_action(),
                                  lm_bench_action(),      lm_build_action(),     lm_train_action(),
                                  lm_info_action(),       lm_spectrum_action(),  lm_fetch_action(),
                                  lm_save_cache_action(), lm_load_cache_action()};
  return kActions;
}

// For completion, which does not look at the second word.
std::span<const Option> all_options() {
  static const std::vector<Option> kAll = [] {
    std::vector<Option> all;
    for (const Verb& action : actions()) {
      for (const Option& option : action.options) {
        const bool known = std::any_of(all.begin(), all.end(), [&](const Option& row) {
          return std::string_view(row.name) == option.name;
        });
        if (!known) all.push_back(option);
      }
    }
    return all;
  }();
  return kAll;
}

// No action was named.
int run(const Arguments& arguments) {
  std::string names;
  for (const Verb& action : actions()) {
    names += (names.empty() ? "" : ", ") + std::string(action_word(action));
  }
  const std::string found =
      arguments.operands().empty() ? "" : "; found '" + arguments.operands().front() + "'";
  return report_error(arguments, make_error(HOLO_INVALID_ARG, "expected one of " + names + found));
}

}  // namespace

Verb lm_verb() {
  return {"lm",
          "ACTION [OPTIONS]",
          "Run language models with cache strategies that can be swapped",
          "GPT-2 and models of the Llama family, from folders as Hugging Face has them. "
          "'holohost lm ACTION --help'\nexplains an action.",
          "  holohost lm generate --model gpt2 --prompt 'Once upon a time'\n"
          "  holohost lm build --model gpt2 --kv kv-eigen:k=150 --calibrate text.txt -o "
          "gpt2-eigen\n  holohost lm chat gpt2-eigen\n",
          all_options(),
          Complete::lm_action,
          run,
          false,
          actions()};
}

}  // namespace holo::cli
