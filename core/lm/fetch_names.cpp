// Which names stand for which repositories.
#include "core/lm/fetch.hpp"

namespace holo::lm {
namespace {

bool plain(std::string_view part) {
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
  return !part.empty() && part.size() <= 96 && part.front() != '.' &&
         part.find_first_not_of(kAllowed) == std::string_view::npos;
}

}  // namespace

const std::vector<std::pair<std::string, std::string>>& known_models() {
  static const std::vector<std::pair<std::string, std::string>> kModels = {
      {"gpt2", "openai-community/gpt2"},
      {"gpt2-medium", "openai-community/gpt2-medium"},
      {"gpt2-large", "openai-community/gpt2-large"},
      {"gpt2-xl", "openai-community/gpt2-xl"}};
  return kModels;
}

Result<std::string> model_repository(const std::string& name) {
  std::string list;
  for (const auto& [known, repository] : known_models()) {
    if (name == known) return repository;
    list += known + ", ";
  }
  const std::size_t slash = name.find('/');
  if (slash != std::string::npos && plain(std::string_view(name).substr(0, slash)) &&
      plain(std::string_view(name).substr(slash + 1))) {
    return name;
  }
  return make_error(HOLO_INVALID_ARG, "'" + name.substr(0, 100) +
                                          "' is no model's name; expected " + list +
                                          "or a repository as owner/name");
}

}  // namespace holo::lm
