// A verb of the command line as a table row: parsing, help, completion and man page all read it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace holo::cli {

// Exit codes that scripts may rely on.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitPluginCrash = 70;
inline constexpr int kExitCancelled = 130;

// What a word completes to.
enum class Complete {
  none,
  file,
  directory,
  codec,
  analyzer,
  plugin,
  device,
  shell,
  target,
  trainer,
  lm_action
};

struct Option {
  const char* name;      // without the dashes
  char letter;           // or 0
  const char* argument;  // "FILE"; nullptr for a switch
  const char* help;      // one line
  Complete complete = Complete::none;
  bool repeats = false;
};

class Arguments;

struct Verb {
  const char* name;
  const char* operands;  // "IN -o OUT"
  const char* summary;   // one line
  const char* details;   // paragraphs, may be ""
  const char* examples;  // lines of shell, may be ""
  std::span<const Option> options;
  Complete operand_complete;
  int (*run)(const Arguments&);
  bool isolates = false;  // takes --isolate
  // Verbs of their own behind a first word, "lm generate"; `options` holds those of all of them.
  std::span<const Verb> actions = {};
};

// All verbs, in the order of --help.
std::span<const Verb> verbs();
const Verb* find_verb(std::string_view name);
// The action that `word` names, or null. Its Verb::name is "lm generate".
const Verb* find_action(const Verb& verb, std::string_view word);
// "generate" of "lm generate".
std::string_view action_word(const Verb& action);
// Options that every verb takes.
std::span<const Option> common_options();

// A parsed command line: options by name, and the operands.
class Arguments {
 public:
  // INVALID_ARG names the word and the nearest option.
  static Result<Arguments> parse(const Verb& verb, const std::vector<std::string>& words);

  [[nodiscard]] bool has(std::string_view name) const;
  [[nodiscard]] std::string text(std::string_view name, std::string_view fallback = {}) const;
  [[nodiscard]] std::vector<std::string> all(std::string_view name) const;
  // INVALID_ARG if it is not an integer in the range.
  [[nodiscard]] Result<std::int64_t> integer(std::string_view name, std::int64_t fallback,
                                             std::int64_t minimum, std::int64_t maximum) const;
  [[nodiscard]] const std::vector<std::string>& operands() const { return operands_; }
  // Exactly one operand, or INVALID_ARG that says what was expected.
  [[nodiscard]] Result<std::string> one_operand(std::string_view what) const;
  [[nodiscard]] const Verb& verb() const { return *verb_; }

 private:
  const Verb* verb_ = nullptr;
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::vector<std::string> operands_;
};

}  // namespace holo::cli
