// Text as it is generated, and what is said about it afterwards.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "apps/holohost/verb.hpp"
#include "core/lm/generate.hpp"
#include "core/lm/tokenizer.hpp"

namespace holo::cli {

// Collects the text and, if asked to, prints it to stdout as it comes.
class TextPrinter {
 public:
  // `continues`: the text goes on after one that was there before.
  TextPrinter(const lm::Tokenizer& tokenizer, bool prints, bool continues = false)
      : stream_(tokenizer, continues), prints_(prints) {}
  void begin(std::span<const std::int32_t> prompt);
  void push(std::int32_t id);
  void finish();  // with a newline, if it prints
  // Prompt and new tokens.
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void add(const std::string& piece);
  lm::TextStream stream_;
  bool prints_;
  std::string text_;
};

nlohmann::ordered_json generation_json(const lm::Generation& generation,
                                       std::span<const std::int32_t> prompt_ids,
                                       const std::string& text, const std::string& kv,
                                       lm::Sequence& sequence);
// "120 tokens, 61.3 tokens/s; prompt of 5 tokens at 410 tokens/s; stopped by the end of the text".
std::string generation_line(const lm::Generation& generation);
// As report_error, for actions that print text as it comes: what was printed stays.
int report_streamed(const Arguments& arguments, const Error& error);

}  // namespace holo::cli
