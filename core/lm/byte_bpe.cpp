#include "core/lm/byte_bpe.hpp"

#include "core/lm/unicode_classes.hpp"
#include "core/lm/word_split.hpp"

namespace holo::lm {
namespace {

bool printable(int byte) {
  return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}

std::array<char32_t, 256> byte_characters() {
  std::array<char32_t, 256> characters{};
  char32_t next = 256;
  for (int byte = 0; byte < 256; ++byte) {
    characters[static_cast<std::size_t>(byte)] =
        printable(byte) ? static_cast<char32_t>(byte) : next++;
  }
  return characters;
}

class ByteBpe : public Tokenizer {
 public:
  ByteBpe(TokenizerFiles files, BpeMerges merges, const std::array<std::int32_t, 256>& byte_ids)
      : merges_(std::move(merges)),
        byte_ids_(byte_ids),
        bos_(files.bos),
        split_(files.split),
        eos_(files.eos),
        starts_with_bos_(files.starts_with_bos) {
    bytes_.resize(files.tokens.size());
    for (std::size_t i = 0; i < bytes_.size(); ++i) {
      if (files.special.count(static_cast<std::int32_t>(i)) != 0) continue;
      bytes_[i] = spelled_bytes(files.tokens[i]);
      if (files.whole_words) whole_words_.emplace(bytes_[i], static_cast<std::int32_t>(i));
    }
  }

  [[nodiscard]] Result<std::vector<std::int32_t>> encode(std::string_view text) const override {
    HOLO_TRY(check_utf8(text));
    std::vector<std::int32_t> ids;
    std::vector<std::int32_t> word;
    while (!text.empty()) {
      const std::size_t length = first_word(split_, text);
      if (const auto whole = whole_words_.find(std::string(text.substr(0, length)));
          whole != whole_words_.end()) {
        ids.push_back(whole->second);
        text.remove_prefix(length);
        continue;
      }
      word.clear();
      for (const char byte : text.substr(0, length)) {
        word.push_back(byte_ids_[static_cast<std::uint8_t>(byte)]);
      }
      merges_.apply(word);
      ids.insert(ids.end(), word.begin(), word.end());
      text.remove_prefix(length);
    }
    return ids;
  }

  [[nodiscard]] std::string_view bytes(std::int32_t id) const override {
    if (id < 0 || id >= vocabulary()) return {};
    return bytes_[static_cast<std::size_t>(id)];
  }
  [[nodiscard]] std::string decode(std::span<const std::int32_t> ids) const override {
    std::string text;
    for (const auto id : ids) text += bytes(id);
    return text;
  }
  [[nodiscard]] std::int32_t vocabulary() const override {
    return static_cast<std::int32_t>(bytes_.size());
  }
  [[nodiscard]] std::int32_t bos() const override { return bos_; }
  [[nodiscard]] std::int32_t eos() const override { return eos_; }
  [[nodiscard]] bool starts_with_bos() const override { return starts_with_bos_; }

 private:
  BpeMerges merges_;
  std::array<std::int32_t, 256> byte_ids_;
  std::vector<std::string> bytes_;  // by id
  BpeMerges::Ids whole_words_;
  std::int32_t bos_;
  WordSplit split_;
  std::int32_t eos_;
  bool starts_with_bos_;
};

}  // namespace

const std::array<std::string, 256>& byte_spellings() {
  static const auto kSpellings = [] {
    std::array<std::string, 256> spellings;
    const auto characters = byte_characters();
    for (std::size_t i = 0; i < spellings.size(); ++i) {
      // All of them are below U+0800: one byte or two.
      const char32_t value = characters[i];
      if (value < 0x80) {
        spellings[i] = static_cast<char>(value);
      } else {
        spellings[i] = {static_cast<char>(0xC0u | (value >> 6)),
                        static_cast<char>(0x80u | (value & 0x3Fu))};
      }
    }
    return spellings;
  }();
  return kSpellings;
}

std::string spelled_bytes(const std::string& token) {
  static const auto kBytes = [] {
    std::array<int, 512> bytes{};
    bytes.fill(-1);
    const auto characters = byte_characters();
    for (std::size_t i = 0; i < characters.size(); ++i) bytes[characters[i]] = static_cast<int>(i);
    return bytes;
  }();
  std::string bytes;
  for (std::string_view rest = token; !rest.empty();) {
    const auto character = first_character(rest);
    if (character.bytes == 0 || character.value >= kBytes.size() || kBytes[character.value] < 0) {
      return token;
    }
    bytes += static_cast<char>(kBytes[character.value]);
    rest.remove_prefix(character.bytes);
  }
  return bytes;
}

Result<std::unique_ptr<Tokenizer>> create_byte_bpe(TokenizerFiles files) {
  std::array<std::int32_t, 256> byte_ids{};
  for (std::size_t i = 0; i < byte_ids.size(); ++i) {
    const auto found = files.ids.find(byte_spellings()[i]);
    if (found == files.ids.end()) {
      return make_error(HOLO_INVALID_ARG, "the vocabulary has no token for the byte " +
                                              std::to_string(i) + ", spelled '" +
                                              byte_spellings()[i] + "'");
    }
    byte_ids[i] = found->second;
  }
  HOLO_ASSIGN(auto merges, BpeMerges::create(files.merges, files.ids));
  return std::unique_ptr<Tokenizer>(
      std::make_unique<ByteBpe>(std::move(files), std::move(merges), byte_ids));
}

}  // namespace holo::lm
