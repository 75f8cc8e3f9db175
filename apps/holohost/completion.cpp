// Shell completion, made from the verb table. Names of codecs and plugins are asked of
// `holohost __names KIND` when they are needed, so that new plugins complete at once.
#include <sstream>

#include "apps/holohost/help.hpp"

namespace holo::cli {

namespace {

std::string_view names_kind(Complete complete) {
  switch (complete) {
    case Complete::codec:
      return "codec";
    case Complete::analyzer:
      return "analyzer";
    case Complete::plugin:
      return "plugin";
    default:
      return {};
  }
}

std::string bash_action(Complete complete) {
  const std::string_view kind = names_kind(complete);
  if (!kind.empty()) {
    return "COMPREPLY=($(compgen -W \"$(holohost __names " + std::string(kind) +
           " 2>/dev/null)\" -- \"$cur\"))";
  }
  if (complete == Complete::directory) return "COMPREPLY=($(compgen -d -- \"$cur\"))";
  if (complete == Complete::file) return "COMPREPLY=($(compgen -f -- \"$cur\"))";
  if (complete == Complete::device) {
    return "COMPREPLY=($(compgen -W \"cpu cuda auto\" -- \"$cur\"))";
  }
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

std::string words(std::span<const Option> options) {
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
  out << "--help --version\" -- \"$cur\"))\n    return\n  fi\n  case \"$verb\" in\n";
  for (const Verb& verb : verbs()) {
    out << "    " << verb.name << ")\n      case \"$prev\" in\n";
    bash_arguments(out, verb.options);
    bash_arguments(out, common_options());
    out << "      esac\n      if [ \"${cur#-}\" != \"$cur\" ]; then\n"
        << "        COMPREPLY=($(compgen -W \"" << words(verb.options) << words(common_options())
        << "\" -- \"$cur\"))\n      else\n        " << bash_action(verb.operand_complete)
        << "\n      fi ;;\n";
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
  const std::string_view kind = names_kind(complete);
  if (!kind.empty()) return "($(holohost __names " + std::string(kind) + " 2>/dev/null))";
  if (complete == Complete::directory) return "_files -/";
  if (complete == Complete::file) return "_files";
  if (complete == Complete::device) return "(cpu cuda auto)";
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

std::string fish() {
  std::ostringstream out;
  out << "# fish completion for holohost\ncomplete -c holohost -n __fish_use_subcommand -f\n";
  for (const Verb& verb : verbs()) {
    out << "complete -c holohost -n __fish_use_subcommand -a " << verb.name << " -d '"
        << fish_text(verb.summary) << "'\n";
    for (const auto options : {verb.options, common_options()}) {
      for (const Option& option : options) {
        out << "complete -c holohost -n '__fish_seen_subcommand_from " << verb.name << "' -l "
            << option.name;
        if (option.letter != 0) out << " -s " << option.letter;
        if (option.argument != nullptr) out << " -r";
        const std::string_view kind = names_kind(option.complete);
        if (!kind.empty()) out << " -f -a '(holohost __names " << kind << " 2>/dev/null)'";
        if (option.complete == Complete::device) out << " -f -a 'cpu cuda auto'";
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
