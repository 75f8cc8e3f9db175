// The table of verbs. Adding one means a file in verbs/ and a line here.
#include "apps/holohost/verbs/verbs.hpp"

#include "apps/holohost/verb.hpp"

namespace holo::cli {

namespace {

constexpr Option kCommon[] = {
    {"help", 'h', nullptr, "explain this verb and its options"},
    {"plugin-path", 0, "DIR", "search DIR for plugins first", Complete::directory, true},
    {"safe-mode", 0, nullptr, "load only the plugins that came with holohost"},
    {"jobs", 'j', "N", "threads to use; 0, the default, means one per core"},
    {"device", 0, "DEVICE", "cpu (default), cuda, cuda:N or auto", Complete::device},
    {"verbose", 'v', nullptr, "say more on stderr"},
    {"quiet", 'q', nullptr, "say only warnings and errors on stderr"},
};

}  // namespace

std::span<const Option> common_options() { return kCommon; }

std::span<const Verb> verbs() {
  static const Verb kVerbs[] = {encode_verb(),  decode_verb(),  render_verb(),    info_verb(),
                                analyze_verb(), compare_verb(), bench_verb(),     train_verb(),
                                lm_verb(),      plugins_verb(), completion_verb()};
  return kVerbs;
}

const Verb* find_verb(std::string_view name) {
  for (const Verb& verb : verbs()) {
    if (name == verb.name) return &verb;
  }
  return nullptr;
}

std::string_view action_word(const Verb& action) {
  const std::string_view name = action.name;
  return name.substr(name.find(' ') + 1);
}

const Verb* find_action(const Verb& verb, std::string_view word) {
  for (const Verb& action : verb.actions) {
    if (word == action_word(action)) return &action;
  }
  return nullptr;
}

}  // namespace holo::cli
