// Text to token ids and back: byte-level BPE (GPT-2) and sentencepiece BPE with byte fallback
// (Llama).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/lm/config.hpp"

namespace holo::lm {

class Tokenizer {
 public:
  // From `folder`: tokenizer.json, or vocab.json with merges.txt. INVALID_ARG where the files
  // contradict each other.
  static Result<std::unique_ptr<Tokenizer>> open(const std::string& folder);
  virtual ~Tokenizer() = default;

  // `text` is UTF-8; INVALID_ARG with the offset of the first byte that is not. Special tokens are
  // not recognised in it and none is added: a text cannot smuggle them in.
  [[nodiscard]] virtual Result<std::vector<std::int32_t>> encode(std::string_view text) const = 0;
  // The bytes of one token: possibly a part of a character only. Empty for special tokens and for
  // ids that are not in the vocabulary.
  [[nodiscard]] virtual std::string_view bytes(std::int32_t id) const = 0;
  // Bytes of all, as text. Drops the space that encode put before the text, where it does that.
  [[nodiscard]] virtual std::string decode(std::span<const std::int32_t> ids) const = 0;
  [[nodiscard]] virtual std::int32_t vocabulary() const = 0;  // ids are below this
  [[nodiscard]] virtual std::int32_t bos() const = 0;         // -1: none
  [[nodiscard]] virtual std::int32_t eos() const = 0;         // -1: none
  // True where texts begin with bos (Llama); GPT-2's do not.
  [[nodiscard]] virtual bool starts_with_bos() const = 0;
};

// INVALID_ARG with the offset of the first byte that is not UTF-8.
Status check_utf8(std::string_view text);

// INVALID_ARG if the tokenizer has ids that the model does not. The model may have more: files pad
// the vocabulary to a round number.
Status check_tokenizer(const Tokenizer& tokenizer, const ModelConfig& config);

// Hands text out as tokens come, whole characters only; broken ones become U+FFFD.
class TextStream {
 public:
  // Borrows the tokenizer. `continues`: the tokens go on after a prompt, so a space that begins
  // them is text.
  explicit TextStream(const Tokenizer& tokenizer, bool continues = false)
      : tokenizer_(&tokenizer), first_(!continues) {}
  std::string push(std::int32_t id);
  std::string finish();  // what is left

 private:
  const Tokenizer* tokenizer_;
  std::string pending_;
  bool first_;
};

}  // namespace holo::lm
