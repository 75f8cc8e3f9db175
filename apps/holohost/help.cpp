// Help texts and the man page.
#include "apps/holohost/help.hpp"

#include <algorithm>
#include <sstream>

namespace holo::cli {

namespace {

constexpr const char* kIntroduction =
    "holohost stores pictures, video and tensors as coordinates on a basis, through plugins,\n"
    "and renders any part of them on demand.\n";

constexpr const char* kExitCodes =
    "0 success, 1 failure, 2 wrong usage, 70 a plugin crashed, 130 cancelled";

struct Variable {
  const char* name;
  const char* meaning;
};
constexpr Variable kVariables[] = {
    {"HOLOHOST_PLUGIN_PATH", "folders to search for plugins, separated by colons"},
    {"HOLOHOST_PLUGIN_SYSTEM_PATH", "replaces the user, bundled and system folders"},
    {"HOLOHOST_DISABLE", "ids of plugins to leave out, separated by commas"},
    {"XDG_DATA_HOME", "user plugins lie in holohost/plugins/1 below it"},
    {"XDG_CACHE_HOME", "the plugin cache lies in holohost below it"}};

std::string left_column(const Option& option) {
  std::string text = option.letter != 0 ? std::string("  -") + option.letter + ", " : "      ";
  text += std::string("--") + option.name;
  if (option.argument != nullptr) text += std::string(" ") + option.argument;
  return text;
}

void list_options(std::ostringstream& out, std::span<const Option> options) {
  std::size_t width = 0;
  for (const Option& option : options) width = std::max(width, left_column(option).size());
  for (const Option& option : options) {
    const std::string left = left_column(option);
    out << left << std::string(width + 2 - left.size(), ' ') << option.help << '\n';
  }
}

void list_actions(std::ostringstream& out, const Verb& verb) {
  std::size_t width = 0;
  for (const Verb& action : verb.actions) width = std::max(width, action_word(action).size());
  for (const Verb& action : verb.actions) {
    const std::string_view word = action_word(action);
    out << "  " << word << std::string(width + 2 - word.size(), ' ') << action.summary << '\n';
  }
}

// Dashes and leading dots mean something to roff.
std::string roff(std::string_view text) {
  std::string out;
  bool line_start = true;
  for (const char c : text) {
    if (line_start && (c == '.' || c == '\'')) out += "\\&";
    if (c == '-') {
      out += "\\-";
    } else if (c == '\\') {
      out += "\\e";
    } else {
      out += c;
    }
    line_start = c == '\n';
  }
  return out;
}

void man_options(std::ostringstream& out, std::span<const Option> options) {
  for (const Option& option : options) {
    out << ".TP\n";
    if (option.letter != 0) out << "\\fB\\-" << option.letter << "\\fR, ";
    out << "\\fB\\-\\-" << roff(option.name) << "\\fR";
    if (option.argument != nullptr) out << " \\fI" << roff(option.argument) << "\\fR";
    out << "\n" << roff(option.help) << "\n";
  }
}

void man_verb(std::ostringstream& out, const Verb& verb) {
  out << ".SS holohost " << verb.name << " " << roff(verb.operands) << "\n"
      << roff(verb.summary) << ".\n";
  if (*verb.details != 0) out << ".PP\n" << roff(verb.details) << "\n";
  if (verb.actions.empty()) man_options(out, verb.options);
  if (*verb.examples != 0) out << ".PP\nExamples:\n.PP\n.nf\n" << roff(verb.examples) << ".fi\n";
}

}  // namespace

std::string overview() {
  std::ostringstream out;
  out << kIntroduction << "\nUsage: holohost VERB [OPTIONS] ...\n\nVerbs:\n";
  std::size_t width = 0;
  for (const Verb& verb : verbs()) width = std::max(width, std::string_view(verb.name).size());
  for (const Verb& verb : verbs()) {
    out << "  " << verb.name << std::string(width + 2 - std::string_view(verb.name).size(), ' ')
        << verb.summary << '\n';
  }
  out << "\nEvery verb takes:\n";
  list_options(out, common_options());
  out << "\n'holohost VERB --help' explains a verb, 'holohost plugins list' shows the codecs.\n"
      << "Exit codes: " << kExitCodes << ".\n";
  return out.str();
}

std::string help_for(const Verb& verb) {
  std::ostringstream out;
  out << verb.summary << "\n\nUsage: holohost " << verb.name << ' ' << verb.operands << '\n';
  if (*verb.details != 0) out << '\n' << verb.details << '\n';
  if (!verb.actions.empty()) {
    out << "\nActions:\n";
    list_actions(out, verb);
    if (*verb.examples != 0) out << "\nExamples:\n" << verb.examples;
    return out.str();
  }
  if (!verb.options.empty()) {
    out << "\nOptions:\n";
    list_options(out, verb.options);
  }
  out << "\nCommon options:\n";
  list_options(out, common_options());
  if (*verb.examples != 0) out << "\nExamples:\n" << verb.examples;
  return out.str();
}

std::string man_page() {
  std::ostringstream out;
  out << ".TH HOLOHOST 1 \"\" \"holohost " HOLO_VERSION "\" \"User Commands\"\n"
      << ".SH NAME\nholohost \\- a small host for spectral codecs\n"
      << ".SH SYNOPSIS\n.B holohost\n.I VERB\n[\\fIOPTIONS\\fR] ...\n"
      << ".SH DESCRIPTION\n"
      << roff(kIntroduction) << ".SH OPTIONS OF EVERY VERB\n";
  man_options(out, common_options());
  out << ".SH VERBS\n";
  for (const Verb& verb : verbs()) {
    man_verb(out, verb);
    for (const Verb& action : verb.actions) man_verb(out, action);
  }
  out << ".SH ENVIRONMENT\n";
  for (const Variable& variable : kVariables) {
    out << ".TP\n.B " << variable.name << "\n" << roff(variable.meaning) << "\n";
  }
  out << ".SH EXIT STATUS\n" << roff(kExitCodes) << ".\n";
  return out.str();
}

}  // namespace holo::cli
