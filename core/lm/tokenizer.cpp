#include "core/lm/tokenizer.hpp"

#include "core/lm/byte_bpe.hpp"
#include "core/lm/sentencepiece_bpe.hpp"
#include "core/lm/unicode_classes.hpp"

namespace holo::lm {

Result<std::unique_ptr<Tokenizer>> Tokenizer::open(const std::string& folder) {
  HOLO_ASSIGN(auto files, read_tokenizer_files(folder));
  auto made = create_tokenizer(std::move(files));
  if (!made.ok()) return std::move(made).error().in("the tokenizer of '" + folder + "'");
  return made;
}

Result<std::unique_ptr<Tokenizer>> create_tokenizer(TokenizerFiles files) {
  if (files.kind == TokenizerKind::byte_level) return create_byte_bpe(std::move(files));
  return create_sentencepiece_bpe(std::move(files));
}

Status check_utf8(std::string_view text) {
  const std::size_t valid = utf8_prefix(text);
  if (valid == text.size()) return {};
  return make_error(HOLO_INVALID_ARG, "the text is not UTF-8 from byte " + std::to_string(valid) +
                                          " on (found " +
                                          std::to_string(static_cast<std::uint8_t>(text[valid])) +
                                          "); convert it first");
}

Status check_tokenizer(const Tokenizer& tokenizer, const ModelConfig& config) {
  if (tokenizer.vocabulary() <= config.vocabulary) return {};
  return make_error(HOLO_INVALID_ARG, "tokenizer mismatch: the tokenizer has " +
                                          std::to_string(tokenizer.vocabulary()) +
                                          " tokens and the model " +
                                          std::to_string(config.vocabulary) +
                                          "; use the tokenizer that the model was trained with");
}

std::string TextStream::push(std::int32_t id) {
  const std::string_view bytes = tokenizer_->bytes(id);
  if (bytes.empty()) return {};
  if (first_) {
    pending_ += tokenizer_->decode({&id, 1});
  } else {
    pending_ += bytes;
  }
  first_ = false;
  std::string whole;
  std::string_view rest = pending_;
  while (!rest.empty()) {
    const auto character = first_character(rest);
    if (character.cut) break;
    whole += character.bytes == 0 ? "\uFFFD" : std::string(rest.substr(0, character.bytes));
    rest.remove_prefix(character.bytes == 0 ? 1 : character.bytes);
  }
  pending_.erase(0, pending_.size() - rest.size());
  return whole;
}

std::string TextStream::finish() {
  std::string rest = pending_.empty() ? std::string() : "\uFFFD";
  pending_.clear();
  return rest;
}

}  // namespace holo::lm
