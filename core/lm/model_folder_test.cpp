// Training a vocabulary, and a model folder that is written and read again.
#include "core/lm/model_folder.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "core/lm/format_test_support.hpp"
#include "core/lm/json_file.hpp"
#include "core/lm/tokenizer.hpp"
#include "core/lm/weights.hpp"

namespace holo::lm::test {
namespace {

// Rank by rank, every pair counted anew: the definition.
std::vector<std::pair<std::int32_t, std::int32_t>> plain_merges(
    std::vector<std::vector<std::int32_t>> words, std::size_t count) {
  std::vector<std::pair<std::int32_t, std::int32_t>> merges;
  while (merges.size() < count) {
    std::map<std::pair<std::int32_t, std::int32_t>, int> counts;
    for (const auto& word : words) {
      for (std::size_t i = 0; i + 1 < word.size(); ++i) ++counts[{word[i], word[i + 1]}];
    }
    const auto best =
        std::max_element(counts.begin(), counts.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    if (best == counts.end() || best->second < 2) break;
    const auto pair = best->first;
    const auto made = static_cast<std::int32_t>(256 + merges.size());
    merges.push_back(pair);
    for (auto& word : words) {
      std::vector<std::int32_t> merged;
      for (std::size_t i = 0; i < word.size();) {
        const bool here = i + 1 < word.size() && std::pair(word[i], word[i + 1]) == pair;
        merged.push_back(here ? made : word[i]);
        i += here ? 2 : 1;
      }
      word = merged;
    }
  }
  return merges;
}

}  // namespace

TEST_CASE("trained merges are those of counting anew each time") {
  std::string text;
  std::vector<std::vector<std::int32_t>> words;
  for (std::uint32_t i = 0; i < 400; ++i) {
    std::vector<std::int32_t> word = {' '};
    for (std::uint32_t n = 0; n < 2 + i % 5; ++n) {
      word.push_back(static_cast<std::int32_t>('a' + (i * i + 3 * n * i + n) % 4));
    }
    words.push_back(word);
    for (const auto byte : word) text += static_cast<char>(byte);
  }
  const auto bpe = train_bpe({text}, 290);
  REQUIRE(bpe.ok());
  REQUIRE(bpe->tokens.size() == 256 + bpe->merges.size());
  CHECK(bpe->merges == plain_merges(words, 33));
  CHECK(bpe->merges.size() > 20);
}

TEST_CASE("training says what it cannot do") {
  CHECK(train_bpe({"a"}, 256).error().code == HOLO_INVALID_ARG);
  CHECK(train_bpe({"ok", "a\xFF"}, 300).error().message.find("text 1") != std::string::npos);
  CHECK(train_bpe({"aaaa aaaa"}, 300, [] { return true; }).error().code == HOLO_CANCELLED);
  const auto none = train_bpe({""}, 300);
  REQUIRE(none.ok());
  CHECK(none->tokens.size() == 256);
}

TEST_CASE("a model folder reads as it was written") {
  const std::string text =
      "the cat sat on the mat; the other cat sat there too. " + random_text(3, 300);
  const auto bpe = train_bpe({text}, 300);
  REQUIRE(bpe.ok());
  ModelConfig config;
  config.layers = 1;
  config.hidden = 4;
  config.heads = config.kv_heads = 2;
  config.head_dim = 2;
  config.intermediate = 16;
  config.vocabulary = 300;
  config.max_positions = 8;
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  const std::vector<FolderTensor> tensors = {{"wte.weight", {3, 2}, values}};
  const Folder folder;
  const std::string path = folder.file("deep/model");
  REQUIRE(write_model_folder(path, config, tensors, tokenizer_of(*bpe), false).ok());

  CHECK(config_json(*read_config(path)) == config_json(config));
  const std::vector<std::int64_t> shape = {3, 2};
  CHECK(*(*Weights::open(path))->read("wte.weight", shape) == values);
  const auto tokenizer = Tokenizer::open(path);
  REQUIRE(tokenizer.ok());
  const auto ids = (*tokenizer)->encode(text);
  REQUIRE(ids.ok());
  CHECK(ids->size() < text.size() * 3 / 4);
  CHECK((*tokenizer)->decode(*ids) == text);
  CHECK((*tokenizer)->eos() == (*tokenizer)->vocabulary() - 1);

  const auto copied = tokenizer_of(path);
  REQUIRE(copied.ok());
  CHECK(copied->size() == 2);
  const auto again = write_model_folder(path, config, tensors, *copied, false);
  REQUIRE(!again.ok());
  CHECK(again.error().message.find("exists") != std::string::npos);
  CHECK(write_model_folder(path, config, tensors, *copied, true).ok());
  const std::vector<FolderTensor> wrong = {{"wte.weight", {3, 3}, values}};
  CHECK(!write_model_folder(path, config, wrong, *copied, true).ok());
  CHECK(*(*Weights::open(path))->read("wte.weight", shape) == values);
}

TEST_CASE("a vocabulary trained on a megabyte encodes it") {
  const std::string path = corpus_file("text/tinyshakespeare.txt");
  if (path.empty()) return;
  const auto text = read_text_file(path, 1 << 24);
  REQUIRE(text.ok());
  const auto bpe = train_bpe({*text}, 2048);
  REQUIRE(bpe.ok());
  CHECK(bpe->tokens.size() == 2047);
  const Folder folder;
  for (const auto& file : tokenizer_of(*bpe)) write_text(folder.file(file.name), file.text);
  const auto tokenizer = Tokenizer::open(folder.file("."));
  REQUIRE(tokenizer.ok());
  const auto ids = (*tokenizer)->encode(*text);
  REQUIRE(ids.ok());
  CHECK(ids->size() < text->size() * 2 / 5);
  CHECK((*tokenizer)->decode(*ids) == *text);
}

}  // namespace holo::lm::test
