// Shell completion, made from the verb table. Names of codecs and plugins are asked of
// `holohost __names KIND` when they are needed, so that new plugins complete at once.
#include <sstream>

#include "apps/holohost/help.hpp"

namespace holo::cli {

namespace {

// What holohost is asked for names, and the words that are always among them.
struct Words {
  Complete complete;
  const char* kind;   // of `holohost __names`, or nullptr
  const char* words;  // separated by spaces
};
constexpr Words kWords[] = {
    {Complete::codec, "codec", ""},
    {Complete::analyzer, "analyzer", ""},
    {Complete::trainer, "trainer", ""},
    {Complete::plugin, "plugin", "list show doctor paths new check"},
    {Complete::device, nullptr, "cpu cuda auto"},
    {Complete::shell, nullptr, "bash zsh fish"},
    {Complete::lm_action, nullptr,
     "generate chat eval bench build train info spectrum fetch save-cache load-cache"},
    {Complete::target, nullptr, "psnr= ssim= ms_ssim= bpp= size="},
};

// The words as a shell says them; empty if the kind has none.
std::string words_of(Complete complete) {
  for (const Words& row : kWords) {
    if (row.complete != complete) continue;
    std::string text = row.words;
    if (row.kind != nullptr) {
      text += (text.empty() ? "" : " ") + std::string("$(holohost __names ") + row.kind +
              " 2>/dev/null)";
    }
    return text;
  }
  return {};
}

// Line by line, because names may hold spaces.
std::string bash_reply(const std::string& generator) {
  return "mapfile -t COMPREPLY < <(compgen " + generator + " -- \"$cur\")";
}

std::string bash_action(Complete complete) {
  const std::string words = words_of(complete);
  if (!words.empty()) return bash_reply("-W \"" + words + "\"");
  if (complete == Complete::directory) return bash_reply("-d");
  if (complete == Complete::file) return bash_reply("-f");
  return "COMPREPLY=()";
}

void bash_arguments(std::ostringstream& out, std::span<const Option> options) {
  for (const Option& option : options) {
    if (option.argument == nullptr) continue;
    out << "        --" << option.name;
    if (option.letter != 0) out << "|-" << option.letter;
    out << ") " << bash_action(option.complete) << "; return ;;\n";
  }
}

std::string long_names(std::span<const Option> options) {
  std::string text;
  for (const Option& option : options) text += std::string(" --") + option.name;
  return text;
}

std::string bash() {
  std::ostringstream out;
  out << "# bash completion for holohost; load with: source <(holohost completion bash)\n"
         "_holohost() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
         "  local verb=${COMP_WORDS[1]}\n"
         "  COMPREPLY=()\n"
         "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
         "    COMPREPLY=($(compgen -W \"";
  for (const Verb& verb : verbs()) out << verb.name << ' ';
  out << "help --help --version\" -- \"$cur\"))\n    return\n  fi\n  case \"$verb\" in\n";
  for (const Verb& verb : verbs()) {
    out << "    " << verb.name << ")\n      case \"$prev\" in\n";
    bash_arguments(out, verb.options);
    bash_arguments(out, common_options());
    out << "      esac\n      if [ \"${cur#-}\" != \"$cur\" ]; then\n"
        << "        COMPREPLY=($(compgen -W \"" << long_names(verb.options)
        << long_names(common_options()) << "\" -- \"$cur\"))\n      else\n        "
        << bash_action(verb.operand_complete) << "\n      fi ;;\n";
  }
  out << "  esac\n}\ncomplete -o filenames -F _holohost holohost\n";
  return out.str();
}

// In zsh's descriptions, colons and brackets separate.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
      continue;
    }
    if (c == ':' || c == '[' || c == ']' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_action(Complete complete) {
  const std::string words = words_of(complete);
  if (!words.empty()) return "(" + words + ")";
  if (complete == Complete::directory) return "_files -/";
  if (complete == Complete::file) return "_files";
  return " ";
}

std::string zsh() {
  std::ostringstream out;
  out << "#compdef holohost\n# zsh completion for holohost\n_holohost() {\n"
         "  if (( CURRENT == 2 )); then\n    local -a verbs=(\n";
  for (const Verb& verb : verbs()) {
    out << "      '" << verb.name << ':' << zsh_text(verb.summary) << "'\n";
  }
  out << "    )\n    _describe verb verbs\n    return\n  fi\n  local verb=$words[2]\n"
         "  shift words; (( CURRENT-- ))\n  case $verb in\n";
  for (const Verb& verb : verbs()) {
    out << "    " << verb.name << ") _arguments -s";
    for (const auto options : {verb.options, common_options()}) {
      for (const Option& option : options) {
        out << " \\\n      '" << (option.repeats ? "*" : "") << "--" << option.name
            << (option.argument != nullptr ? "=" : "") << '[' << zsh_text(option.help) << ']';
        if (option.argument != nullptr) {
          out << ':' << zsh_text(option.argument) << ':' << zsh_action(option.complete);
        }
        out << "'";
      }
    }
    out << " \\\n      '*:operand:" << zsh_action(verb.operand_complete) << "' ;;\n";
  }
  out << "  esac\n}\n_holohost \"$@\"\n";
  return out.str();
}

std::string fish_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

// Fish writes command substitution without the dollar.
void fish_words(std::ostringstream& out, Complete complete) {
  std::string words = words_of(complete);
  if (words.empty()) return;
  std::erase(words, '$');
  out << " -f -a '" << words << "'";
}

std::string fish() {
  std::ostringstream out;
  out << "# fish completion for holohost\ncomplete -c holohost -n __fish_use_subcommand -f\n";
  for (const Verb& verb : verbs()) {
    out << "complete -c holohost -n __fish_use_subcommand -a " << verb.name << " -d '"
        << fish_text(verb.summary) << "'\n";
    if (!words_of(verb.operand_complete).empty()) {
      out << "complete -c holohost -n '__fish_seen_subcommand_from " << verb.name << "'";
      fish_words(out, verb.operand_complete);
      out << '\n';
    }
    for (const auto options : {verb.options, common_options()}) {
      for (const Option& option : options) {
        out << "complete -c holohost -n '__fish_seen_subcommand_from " << verb.name << "' -l "
            << option.name;
        if (option.letter != 0) out << " -s " << option.letter;
        if (option.argument != nullptr) out << " -r";
        fish_words(out, option.complete);
        out << " -d '" << fish_text(option.help) << "'\n";
      }
    }
  }
  return out.str();
}

}  // namespace

std::string completion_for(std::string_view shell) {
  if (shell == "bash") return bash();
  if (shell == "zsh") return zsh();
  if (shell == "fish") return fish();
  return {};
}

}  // namespace holo::cli
