// vocab.json with merges.txt, and which files of a folder are read.
#include "core/lm/tokenizer_files.hpp"

#include <filesystem>

#include "core/lm/json_file.hpp"
#include "core/lm/vocabulary.hpp"

namespace holo::lm {
namespace {

constexpr std::uint64_t kLargestFile = std::uint64_t{32} << 20;

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

// One merge a line, "left right"; the first line may be "#version: 0.2".
Status take_merge_lines(const std::string& text, const std::string& name, TokenizerFiles& files) {
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = text.find('\n', at);
    if (end == std::string::npos) end = text.size();
    std::string line = text.substr(at, end - at);
    at = end + 1;
    ++number;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty() || (number == 1 && line.rfind("#version", 0) == 0)) continue;
    auto merged = add_merge(files, line);
    if (!merged.ok()) {
      return std::move(merged).error().in(name + ", line " + std::to_string(number));
    }
  }
  return {};
}

}  // namespace

Result<TokenizerFiles> parse_vocabulary(const std::string& vocabulary, const std::string& merges,
                                        const std::string& name) {
  TokenizerFiles files;
  HOLO_ASSIGN(const auto object, parse_json_object(vocabulary, name));
  HOLO_TRY(take_vocabulary(object, nlohmann::json::array(), name, files));
  HOLO_TRY(take_merge_lines(merges, "the merges beside " + name, files));
  // GPT-2 marks the end of a text, and so its beginning, with the one special token it has.
  if (const auto end = files.ids.find("<|endoftext|>"); end != files.ids.end()) {
    files.bos = files.eos = end->second;
    files.special.insert(end->second);
    files.ids.erase(end);
  }
  return files;
}

Result<TokenizerFiles> read_tokenizer_files(const std::string& folder) {
  const std::string whole = folder + "/tokenizer.json";
  const std::string vocabulary = folder + "/vocab.json";
  const std::string merges = folder + "/merges.txt";
  if (exists(whole)) {
    HOLO_ASSIGN(const auto text, read_text_file(whole, kLargestFile));
    const std::string config = folder + "/tokenizer_config.json";
    std::string settings;
    if (exists(config)) {
      HOLO_ASSIGN(settings, read_text_file(config, kLargestFile));
    }
    return parse_tokenizer_json(text, settings, "'" + whole + "'");
  }
  if (exists(vocabulary) && exists(merges)) {
    HOLO_ASSIGN(const auto vocabulary_text, read_text_file(vocabulary, kLargestFile));
    HOLO_ASSIGN(const auto merges_text, read_text_file(merges, kLargestFile));
    return parse_vocabulary(vocabulary_text, merges_text, "'" + vocabulary + "'");
  }
  std::string hint = "expected tokenizer.json, or vocab.json with merges.txt";
  if (exists(folder + "/tokenizer.model")) {
    hint += "; tokenizer.model alone is not read, save it as tokenizer.json";
  }
  return make_error(HOLO_NOT_FOUND, "'" + folder + "' has no tokenizer: " + hint);
}

}  // namespace holo::lm
