// holohost completion
#include <cstdio>

#include "apps/holohost/help.hpp"
#include "apps/holohost/session.hpp"
#include "apps/holohost/verbs/verbs.hpp"

namespace holo::cli {

namespace {

int run(const Arguments& arguments) {
  auto shell = arguments.one_operand("the name of a shell: bash, zsh or fish");
  if (!shell) return report_error(arguments, shell.error());
  const std::string script = completion_for(*shell);
  if (script.empty()) {
    return report_error(arguments, make_error(HOLO_INVALID_ARG, "no completion for '" + *shell +
                                                                    "'; expected bash, zsh or "
                                                                    "fish"));
  }
  std::fputs(script.c_str(), stdout);
  return kExitOk;
}

}  // namespace

Verb completion_verb() {
  return {"completion",
          "bash|zsh|fish",
          "Print a completion script for a shell",
          "",
          "  source <(holohost completion bash)\n"
          "  holohost completion zsh > ~/.zfunc/_holohost\n",
          {},
          Complete::shell,
          run};
}

}  // namespace holo::cli
