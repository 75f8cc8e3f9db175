// holohost: finds the verb, parses its options, and lets it run. Nothing else happens here.
#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "apps/holohost/help.hpp"
#include "apps/holohost/session.hpp"
#include "apps/holohost/verbs/verbs.hpp"
#include "core/base/file.hpp"
#include "core/host/crash_handler.hpp"
#include "core/host/isolate.hpp"
#include "core/host/job_status.hpp"
#include "core/host/param_table.hpp"
#include "core/host/probe.hpp"

namespace holo::cli {

namespace {

// The first signal lets the job stop cleanly, a second one ends the process at once.
void on_stop_signal(int) {
  if (host::Job::cancelled()) {
    remove_temporary_files();
    ::_exit(kExitCancelled);
  }
  host::Job::cancel_all();
}

void install_signal_handlers() {
  struct sigaction action {};
  action.sa_handler = on_stop_signal;
  ::sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM}) ::sigaction(signal, &action, nullptr);
  // nohup has this one ignored, and means it.
  struct sigaction before {};
  ::sigaction(SIGHUP, nullptr, &before);
  if (before.sa_handler != SIG_IGN) ::sigaction(SIGHUP, &action, nullptr);
  // A closed pipe is a write error with a message, not a silent end.
  ::signal(SIGPIPE, SIG_IGN);
}

// A closed standard stream would give its number to the next file that is opened, and talk would
// land in that. Opened the wrong way round, /dev/null keeps the number and refuses to be used.
void occupy_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) >= 0) continue;
    if (::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) return;
  }
}

int usage(const std::string& message) {
  std::fprintf(stderr, "holohost: %s\n'holohost --help' lists the verbs.\n", message.c_str());
  return kExitUsage;
}

// Verbs of the command-line contract that this build leaves out.
constexpr const char* kVerbsElsewhere[] = {"reproduce"};

int unknown_verb(const std::string& word) {
  for (const char* name : kVerbsElsewhere) {
    if (word == name) return usage("'" + word + "' is not in this build of holohost");
  }
  std::vector<std::string> names;
  for (const Verb& verb : verbs()) names.emplace_back(verb.name);
  const std::string near = host::nearest(word, names);
  return usage("unknown verb '" + word + "'" +
               (near.empty() ? "" : "; did you mean '" + near + "'?"));
}

int help_with_component(const Arguments& arguments) {
  std::fputs(help_for(arguments.verb()).c_str(), stdout);
  if (arguments.has("codec")) {
    return print_component_help(arguments, host::ComponentKind::codec, arguments.text("codec"));
  }
  if (arguments.has("analyzer")) {
    return print_component_help(arguments, host::ComponentKind::analyzer,
                                arguments.text("analyzer"));
  }
  if (arguments.verb().operand_complete == Complete::trainer && !arguments.operands().empty()) {
    return print_component_help(arguments, host::ComponentKind::trainer,
                                arguments.operands().front());
  }
  return kExitOk;
}

// Names for completion scripts, one a line.
int print_names(const std::string& kind) {
  auto registry = host::Registry::open({});
  if (!registry) return kExitFailure;
  for (const auto each : host::kComponentKinds) {
    if (kind != "plugin" && kind != host::kind_name(each)) continue;
    for (const auto* component : (*registry)->components(each)) std::puts(component->alias.c_str());
  }
  return kExitOk;
}

int run_verb(const Verb& verb, const std::vector<std::string>& words,
             const std::vector<std::string>& command_line) {
  auto arguments = Arguments::parse(verb, words);
  if (!arguments) {
    std::fprintf(stderr, "holohost %s: %s\n'holohost %s --help' explains the options.\n", verb.name,
                 arguments.error().message.c_str(), verb.name);
    return kExitUsage;
  }
  if (arguments->has("help")) return help_with_component(*arguments);
  if (verb.isolates && arguments->has("isolate") && !host::is_isolated_worker()) {
    auto code = host::run_isolated(command_line);
    return code ? *code : report_error(*arguments, code.error());
  }
  return verb.run(*arguments);
}

// Hidden words that holohost says to itself.
bool run_internal(const std::vector<std::string>& words, int& exit_code) {
  if (words[0] == "__probe" && words.size() == 2) {
    host::run_probe(words[1], host::kProbeDescriptor);
  } else if (words[0] == "__names" && words.size() == 2) {
    exit_code = print_names(words[1]);
  } else if (words[0] == "__man" && words.size() == 1) {
    std::fputs(man_page().c_str(), stdout);
    exit_code = kExitOk;
  } else {
    return false;
  }
  return true;
}

// "holohost --plugin-path DIR list ..." means "holohost list --plugin-path DIR ...": common options
// may stand before the verb.
std::vector<std::string> verb_first(const std::vector<std::string>& words) {
  std::size_t verb = 0;
  while (verb < words.size() && words[verb].starts_with("-") && words[verb] != "-") {
    const std::string& word = words[verb];
    const auto options = common_options();
    const auto option = std::find_if(options.begin(), options.end(), [&](const Option& row) {
      return word == std::string("--") + row.name ||
             (row.letter != 0 && word.size() == 2 && word[0] == '-' && word[1] == row.letter);
    });
    verb += option != options.end() && option->argument != nullptr ? 2 : 1;
  }
  if (verb == 0 || verb >= words.size()) return words;
  std::vector<std::string> turned = {words[verb]};
  turned.insert(turned.end(), words.begin(), words.begin() + static_cast<std::ptrdiff_t>(verb));
  turned.insert(turned.end(), words.begin() + static_cast<std::ptrdiff_t>(verb) + 1, words.end());
  return turned;
}

int run(const std::vector<std::string>& given) {
  std::vector<std::string> words = verb_first(given);
  // The bench of models is an action of theirs, with their options.
  if (words.size() > 1 && words[0] == "bench" && words[1] == "lm") std::swap(words[0], words[1]);
  if (words.empty() || words[0] == "--help" || words[0] == "-h" ||
      (words[0] == "help" && words.size() == 1)) {
    std::fputs(overview().c_str(), words.empty() ? stderr : stdout);
    return words.empty() ? kExitUsage : kExitOk;
  }
  if (words[0] == "--version") {
    std::printf("holohost %s (plugin ABI %u.%u)\n", HOLO_VERSION, HOLO_ABI_MAJOR, HOLO_ABI_MINOR);
    return kExitOk;
  }
  int exit_code = kExitOk;
  if (run_internal(words, exit_code)) return exit_code;
  const bool asks_help = words[0] == "help";
  const Verb* verb = find_verb(asks_help ? words[1] : words[0]);
  if (verb == nullptr) return unknown_verb(asks_help ? words[1] : words[0]);
  const std::size_t verb_at = asks_help ? 1 : 0;
  std::size_t rest = verb_at + 1;
  if (!verb->actions.empty() && words.size() > rest) {
    if (const Verb* action = find_action(*verb, words[rest])) {
      verb = action;
      ++rest;
    }
  }
  if (asks_help) {
    std::fputs(help_for(*verb).c_str(), stdout);
    return kExitOk;
  }
  host::adopt_worker_status();
  host::track_temporary_files();
  host::install_crash_handler(!host::is_isolated_worker());
  install_signal_handlers();
  return run_verb(*verb, {words.begin() + static_cast<std::ptrdiff_t>(rest), words.end()}, words);
}

// Errors are values here; what libraries throw all the same ends up in this place.
int run_guarded(const std::vector<std::string>& words) {
  int code = kExitFailure;
  try {
    code = run(words);
  } catch (const std::bad_alloc&) {
    std::fputs("holohost: out of memory\n", stderr);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "holohost: %s\n", failure.what());
  }
  const bool written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (written || code != kExitOk) return code;
  std::fputs("holohost: cannot write to standard output\n", stderr);
  return kExitFailure;
}

}  // namespace

}  // namespace holo::cli

int main(int argc, char** argv) {
  holo::cli::occupy_standard_streams();
  const int code = holo::cli::run_guarded({argv + 1, argv + argc});
  // Plugins are never unloaded, so nothing of theirs may run after main: leave at once.
  std::_Exit(code);
}
