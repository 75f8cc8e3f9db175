// tokenizer.json of Hugging Face: the two pipelines that this runtime has, and a refusal with the
// name of the step for every other one.
#include <array>

#include "core/lm/json_file.hpp"
#include "core/lm/tokenizer_files.hpp"
#include "core/lm/vocabulary.hpp"

namespace holo::lm {
namespace {

using nlohmann::json;

constexpr const char* kWordSeparator = "\u2581";

Error unsupported(const std::string& name, const std::string& what) {
  return make_error(HOLO_UNSUPPORTED,
                    name + ": " + what +
                        "; this runtime has the tokenizers of GPT-2 (byte level), SmolLM, "
                        "Llama 3 and Llama 2 (sentencepiece)");
}

// The steps of a pipeline stage: none, one, or the members of a Sequence.
std::vector<const json*> steps(const json& stage, const char* list) {
  if (!stage.is_object()) return {};
  if (text_member(stage, "type") != "Sequence") return {&stage};
  std::vector<const json*> found;
  for (const auto& step : member(stage, list)) found.push_back(&step);
  return found;
}

bool is_flag(const json& object, const char* key, bool value) {
  return member(object, key) == json(value);
}

constexpr std::string_view kLlama3 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|)"
    R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

// The split that comes before ByteLevel, if it is one of the known ones.
Status read_split(const json& step, const std::string& name, TokenizerFiles& files) {
  const std::string type = text_member(step, "type");
  if (type == "Digits" && is_flag(step, "individual_digits", true)) {
    files.split = WordSplit::gpt2_digits;
    return {};
  }
  if (type == "Split" && text_member(member(step, "pattern"), "Regex") == kLlama3 &&
      text_member(step, "behavior") == "Isolated" && !is_flag(step, "invert", true)) {
    files.split = WordSplit::llama3;
    return {};
  }
  return unsupported(name, "the pre-tokenizer '" + type.substr(0, 40) + "' as it is set");
}

// ByteLevel last. It splits by GPT-2's expression, or not at all where a Split came before.
Status read_byte_level(const json& root, const std::vector<const json*>& before,
                       const std::string& name, TokenizerFiles& files) {
  if (!member(root, "normalizer").is_null()) {
    return unsupported(name, "a normalizer before a byte-level tokenizer");
  }
  if (before.size() > 2) {
    return unsupported(name, "a pre-tokenizer of " + std::to_string(before.size()) + " steps");
  }
  if (before.size() == 2) HOLO_TRY(read_split(*before.front(), name, files));
  const json& last = *before.back();
  const bool splits = !is_flag(last, "use_regex", false);
  if (splits == (files.split == WordSplit::llama3) || is_flag(last, "add_prefix_space", true)) {
    return unsupported(name, "a byte-level pre-tokenizer with other settings than GPT-2's");
  }
  files.whole_words = is_flag(member(root, "model"), "ignore_merges", true);
  return {};
}

// Llama 2: Prepend and Replace in the normalizer, or Metaspace before the model.
Status read_sentencepiece(const json& root, const std::string& name, TokenizerFiles& files) {
  files.kind = TokenizerKind::sentencepiece;
  files.prefix = Prefix::none;
  bool replaces = false;
  for (const json* step : steps(member(root, "normalizer"), "normalizers")) {
    const std::string type = text_member(*step, "type");
    if (type == "Prepend" && text_member(*step, "prepend") == kWordSeparator) {
      files.prefix = Prefix::always;
    } else if (type == "Replace" && text_member(member(*step, "pattern"), "String") == " " &&
               text_member(*step, "content") == kWordSeparator) {
      replaces = true;
    } else {
      return unsupported(name, "the normalizer '" + type.substr(0, 40) + "'");
    }
  }
  for (const json* step : steps(member(root, "pre_tokenizer"), "pretokenizers")) {
    const std::string type = text_member(*step, "type");
    if (type != "Metaspace" || text_member(*step, "replacement") != kWordSeparator ||
        !is_flag(*step, "split", false)) {
      return unsupported(name, "the pre-tokenizer '" + type.substr(0, 40) + "' as it is set");
    }
    replaces = true;
    if (text_member(*step, "prepend_scheme") != "never") files.prefix = Prefix::unless_present;
  }
  if (!replaces) return unsupported(name, "spaces that are not replaced");
  if (!is_flag(member(root, "model"), "byte_fallback", true)) {
    return unsupported(name, "a sentencepiece model without byte fallback");
  }
  return {};
}

Status read_merges(const json& merges, const std::string& name, TokenizerFiles& files) {
  if (!merges.is_array()) {
    return make_error(HOLO_INVALID_ARG,
                      name + ": expected the list 'merges', found " + shown(merges));
  }
  files.merges.reserve(merges.size());
  for (const auto& merge : merges) {
    if (merge.is_string()) {
      auto added = add_merge(files, merge.get_ref<const std::string&>());
      if (!added.ok()) return std::move(added).error().in(name);
    } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() &&
               merge[1].is_string()) {
      files.merges.emplace_back(merge[0].get<std::string>(), merge[1].get<std::string>());
    } else {
      return make_error(HOLO_INVALID_ARG, name +
                                              ": expected merges as \"a b\" or [\"a\", \"b\"], "
                                              "found " +
                                              shown(merge));
    }
  }
  return {};
}

std::int32_t special_id(const TokenizerFiles& files, const std::string& token) {
  for (const auto id : files.special) {
    if (files.tokens[static_cast<std::size_t>(id)] == token) return id;
  }
  return -1;
}

// tokenizer_config.json has a token as its text, or as an object with "content".
std::string token_setting(const json& config, const char* key) {
  const json& value = member(config, key);
  return value.is_object() ? text_member(value, "content") : text_member(config, key);
}

void find_bos_and_eos(const json& root, const json& config, TokenizerFiles& files) {
  for (const json* step : steps(member(root, "post_processor"), "processors")) {
    const json& single = member(*step, "single");
    if (!single.is_array() || single.empty()) continue;
    files.bos = special_id(files, text_member(member(single[0], "SpecialToken"), "id"));
    files.starts_with_bos = files.bos >= 0;
  }
  if (files.bos < 0) files.bos = special_id(files, token_setting(config, "bos_token"));
  files.eos = special_id(files, token_setting(config, "eos_token"));
  constexpr std::array<const char*, 2> kBegin = {"<s>", "<|endoftext|>"};
  constexpr std::array<const char*, 2> kEnd = {"</s>", "<|endoftext|>"};
  for (const char* token : kBegin) {
    if (files.bos < 0) files.bos = special_id(files, token);
  }
  for (const char* token : kEnd) {
    if (files.eos < 0) files.eos = special_id(files, token);
  }
  const json& add = member(config, "add_bos_token");
  if (add.is_boolean()) files.starts_with_bos = add.get<bool>() && files.bos >= 0;
}

}  // namespace

Result<TokenizerFiles> parse_tokenizer_json(const std::string& text, const std::string& config,
                                            const std::string& name) {
  HOLO_ASSIGN(const auto root, parse_json_object(text, name));
  json settings = json::object();
  if (!config.empty()) {
    HOLO_ASSIGN(settings, parse_json_object(config, "the tokenizer_config.json beside " + name));
  }
  const json& model = member(root, "model");
  const std::string type = text_member(model, "type");
  // Files of old versions leave the type out.
  if (!type.empty() && type != "BPE") {
    return unsupported(name, "a model of type '" + type.substr(0, 40) + "'");
  }
  for (const char* affix : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    if (!text_member(model, affix).empty())
      return unsupported(name, "a '" + std::string(affix) + "'");
  }
  TokenizerFiles files;
  const auto before = steps(member(root, "pre_tokenizer"), "pretokenizers");
  if (!before.empty() && text_member(*before.back(), "type") == "ByteLevel") {
    HOLO_TRY(read_byte_level(root, before, name, files));
  } else {
    HOLO_TRY(read_sentencepiece(root, name, files));
  }
  HOLO_TRY(take_vocabulary(member(model, "vocab"), member(root, "added_tokens"), name, files));
  HOLO_TRY(read_merges(member(model, "merges"), name, files));
  find_bos_and_eos(root, settings, files);
  return files;
}

}  // namespace holo::lm
