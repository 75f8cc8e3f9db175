#include "core/lm/sentencepiece_bpe.hpp"

#include <array>

#include "core/lm/unicode_classes.hpp"

namespace holo::lm {
namespace {

constexpr std::string_view kSeparator = "\u2581";

std::string byte_token(std::size_t byte) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  return {'<', '0', 'x', kDigits[byte >> 4], kDigits[byte & 15], '>'};
}

std::string with_spaces(const std::string& token) {
  std::string text;
  for (std::size_t at = 0; at < token.size();) {
    if (token.compare(at, kSeparator.size(), kSeparator) == 0) {
      text += ' ';
      at += kSeparator.size();
    } else {
      text += token[at++];
    }
  }
  return text;
}

class SentencepieceBpe : public Tokenizer {
 public:
  SentencepieceBpe(TokenizerFiles files, BpeMerges merges,
                   const std::array<std::int32_t, 256>& byte_ids)
      : files_(std::move(files)), merges_(std::move(merges)), byte_ids_(byte_ids) {
    bytes_.resize(files_.tokens.size());
    for (std::size_t i = 0; i < bytes_.size(); ++i) {
      if (files_.special.count(static_cast<std::int32_t>(i)) != 0) continue;
      bytes_[i] = with_spaces(files_.tokens[i]);
    }
    for (std::size_t i = 0; i < byte_ids_.size(); ++i) {
      bytes_[static_cast<std::size_t>(byte_ids_[i])] = static_cast<char>(i);
    }
  }

  [[nodiscard]] Result<std::vector<std::int32_t>> encode(std::string_view text) const override {
    HOLO_TRY(check_utf8(text));
    std::vector<std::int32_t> symbols;
    if (text.empty()) return symbols;
    symbols.reserve(text.size() + 1);
    const bool present = text.front() == ' ' || text.substr(0, kSeparator.size()) == kSeparator;
    if (files_.prefix == Prefix::always || (files_.prefix == Prefix::unless_present && !present)) {
      add_character(kSeparator, symbols);
    }
    while (!text.empty()) {
      const std::size_t length = first_character(text).bytes;
      add_character(text.front() == ' ' ? kSeparator : text.substr(0, length), symbols);
      text.remove_prefix(length);
    }
    merges_.apply(symbols);
    return symbols;
  }

  [[nodiscard]] std::string_view bytes(std::int32_t id) const override {
    if (id < 0 || id >= vocabulary()) return {};
    return bytes_[static_cast<std::size_t>(id)];
  }
  [[nodiscard]] std::string decode(std::span<const std::int32_t> ids) const override {
    std::string text;
    for (const auto id : ids) text += bytes(id);
    if (files_.prefix != Prefix::none && !text.empty() && text.front() == ' ') text.erase(0, 1);
    return text;
  }
  [[nodiscard]] std::int32_t vocabulary() const override {
    return static_cast<std::int32_t>(bytes_.size());
  }
  [[nodiscard]] std::int32_t bos() const override { return files_.bos; }
  [[nodiscard]] std::int32_t eos() const override { return files_.eos; }
  [[nodiscard]] bool starts_with_bos() const override { return files_.starts_with_bos; }

 private:
  void add_character(std::string_view character, std::vector<std::int32_t>& symbols) const {
    const auto found = files_.ids.find(std::string(character));
    if (found != files_.ids.end()) {
      symbols.push_back(found->second);
      return;
    }
    for (const char byte : character) {
      symbols.push_back(byte_ids_[static_cast<std::uint8_t>(byte)]);
    }
  }

  TokenizerFiles files_;
  BpeMerges merges_;
  std::array<std::int32_t, 256> byte_ids_;
  std::vector<std::string> bytes_;  // by id
};

}  // namespace

Result<std::unique_ptr<Tokenizer>> create_sentencepiece_bpe(TokenizerFiles files) {
  std::array<std::int32_t, 256> byte_ids{};
  for (std::size_t i = 0; i < byte_ids.size(); ++i) {
    const auto found = files.ids.find(byte_token(i));
    if (found == files.ids.end()) {
      return make_error(HOLO_INVALID_ARG, "the vocabulary has no token '" + byte_token(i) +
                                              "', which characters without a token need");
    }
    byte_ids[i] = found->second;
  }
  HOLO_ASSIGN(auto merges, BpeMerges::create(files.merges, files.ids));
  files.merges.clear();
  return std::unique_ptr<Tokenizer>(
      std::make_unique<SentencepieceBpe>(std::move(files), std::move(merges), byte_ids));
}

}  // namespace holo::lm
