// Tokenizers on vocabularies made by hand: what merges, what falls back to bytes, what comes back.
#include "core/lm/tokenizer.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/lm/byte_bpe.hpp"
#include "core/lm/format_test_support.hpp"
#include "core/lm/json_file.hpp"
#include "core/lm/word_split.hpp"

namespace holo::lm::test {
namespace {

using nlohmann::json;
using Ids = std::vector<std::int32_t>;
const std::string kMerges = "#version: 0.2\nh e\nl l\nhe ll\nhell o\n\u0120 w\nl o\n";

std::unique_ptr<Tokenizer> byte_level() {
  auto files = parse_vocabulary(
      byte_vocabulary({"he", "ll", "hell", "hello", "\u0120w", "lo", "<|endoftext|>"}), kMerges,
      "test");
  REQUIRE(files.ok());
  auto made = create_tokenizer(std::move(files).value());
  REQUIRE(made.ok());
  return std::move(made).value();
}

const std::vector<std::string> kPieces = {"\u2581",  "a",  "b",         "c",
                                          "\u2581a", "bc", "\u2581abc", "\u00e9"};
const std::vector<std::string> kPieceMerges = {"\u2581 a", "b c", "\u2581a bc"};
std::unique_ptr<Tokenizer> sentencepiece() {
  auto files = parse_tokenizer_json(sentencepiece_json(kPieces, kPieceMerges), "", "test");
  REQUIRE(files.ok());
  auto made = create_tokenizer(std::move(files).value());
  REQUIRE(made.ok());
  return std::move(made).value();
}

Ids encode(const Tokenizer& tokenizer, const std::string& text) {
  auto ids = tokenizer.encode(text);
  REQUIRE(ids.ok());
  return std::move(ids).value();
}

void check_splits(WordSplit split, const std::vector<std::vector<std::string>>& cases) {
  for (const auto& words : cases) {
    std::string text;
    for (const auto& word : words) text += word;
    std::vector<std::string> found;
    for (std::string_view rest = text; !rest.empty();) {
      const auto length = first_word(split, rest);
      REQUIRE(length > 0);
      found.emplace_back(rest.substr(0, length));
      rest.remove_prefix(length);
    }
    CHECK(found == words);
  }
}

}  // namespace

TEST_CASE("byte-level BPE merges by rank inside words") {
  const auto tokenizer = byte_level();
  CHECK(tokenizer->vocabulary() == 263);
  CHECK(encode(*tokenizer, "hello") == Ids{259});
  CHECK(encode(*tokenizer, "helo") == Ids{256, 261});
  CHECK(encode(*tokenizer, "hello w") == Ids{259, 260});
  CHECK(encode(*tokenizer, "").empty());
  CHECK(tokenizer->bytes(260) == " w");
  CHECK(tokenizer->eos() == 262);
  CHECK(tokenizer->bytes(262).empty());
  CHECK(tokenizer->bytes(263).empty());
  CHECK(tokenizer->bytes(-1).empty());
  CHECK(!tokenizer->starts_with_bos());
  const auto marked = encode(*tokenizer, "<|endoftext|>");
  CHECK(marked.size() == 13);
}

TEST_CASE("texts split into words as GPT-2 does it") {
  const std::vector<std::vector<std::string>> cases = {
      {"Hello", " world"},
      {"it", "'s", " we", "'ll", " '", "x"},
      {"a", " ", " b"},
      {"a", "  ", " b", "  "},
      {"a", "\n\n", "\n", "b"},
      {"\t", "b"},
      {"x", "12", " 34", "y"},
      {"...", " ...", " (", "a", ")"},
      {" \n"},
      {"\u00e9\u0416", " \u4e2d", "\u0661\u00bd", "\U0001F600"},
      {"a", "\u00a0", "b", "\u3000", " c"},
      {"'", "S"}};
  check_splits(WordSplit::gpt2, cases);
}

TEST_CASE("texts split into words as SmolLM and Llama 3 do it") {
  check_splits(WordSplit::gpt2_digits, {{"a", " ", "1", "2", "b"},
                                        {"  ", "7", " x", "  ", " y"},
                                        {"\u0661", "\u00bd", "'s", " ...", "\n", "3"}});
  check_splits(WordSplit::llama3, {{"Hello", " world", "'S", "(a", ")."},
                                   {"12", " ", "345", "6", "\tx"},
                                   {"a", " \n\n", "  ", " b", "  "},
                                   {" ...\n\n", "b", "\r\n", "c", ";\r"},
                                   {"\u00a0x", "'ll", "'\u017f", "\n", "y"}});
}

TEST_CASE("sentencepiece BPE puts a space before and falls back to bytes") {
  const auto tokenizer = sentencepiece();
  const std::int32_t first = 259;
  CHECK(encode(*tokenizer, "abc") == Ids{first + 6});
  CHECK(encode(*tokenizer, "a bc") == Ids{first + 4, first, first + 5});
  CHECK(encode(*tokenizer, "\u00e9") == Ids{first, first + 7});
  CHECK(encode(*tokenizer, "\u4e2d") == Ids{first, 0xE4 + 3, 0xB8 + 3, 0xAD + 3});
  CHECK(encode(*tokenizer, "").empty());
  CHECK(tokenizer->decode(encode(*tokenizer, " a\u4e2d")) == " a\u4e2d");
  CHECK(tokenizer->bytes(0xE4 + 3) == "\xE4");
  CHECK(tokenizer->bytes(1).empty());
  CHECK(tokenizer->bos() == 1);
  CHECK(tokenizer->eos() == 2);
  CHECK(tokenizer->starts_with_bos());
}

TEST_CASE("merges may be pairs, and spaces may be made by Metaspace") {
  auto root = json::parse(sentencepiece_json(kPieces, {}));
  root["model"]["merges"] =
      json::parse("[[\"\u2581\", \"a\"], [\"b\", \"c\"], [\"\u2581a\", \"bc\"]]");
  root["normalizer"] = nullptr;
  root["pre_tokenizer"] = {{"type", "Metaspace"},
                           {"replacement", "\u2581"},
                           {"prepend_scheme", "first"},
                           {"split", false}};
  auto files = parse_tokenizer_json(root.dump(), R"({"add_bos_token": false})", "test");
  REQUIRE(files.ok());
  const auto tokenizer = create_tokenizer(std::move(files).value());
  REQUIRE(tokenizer.ok());
  CHECK(encode(**tokenizer, "abc") == Ids{265});
  CHECK(encode(**tokenizer, " abc") == Ids{265});
  CHECK(!(*tokenizer)->starts_with_bos());
}

TEST_CASE("every text comes back") {
  const auto bytes = byte_level();
  const auto pieces = sentencepiece();
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    const std::string text = random_text(seed, seed);
    CAPTURE(text);
    CHECK(bytes->decode(encode(*bytes, text)) == text);
    // U+2581 itself comes back as the space it stands for.
    std::string expected = text;
    for (std::size_t at = 0; (at = expected.find("\u2581")) != std::string::npos;) {
      expected.replace(at, 3, " ");
    }
    CHECK(pieces->decode(encode(*pieces, text)) == expected);
  }
}

TEST_CASE("short words and long texts merge alike") {
  const auto tokenizer = byte_level();
  std::string text;
  Ids expected;
  for (int i = 0; i < 50; ++i) {
    text += "helo";
    expected.insert(expected.end(), {256, 261});
  }
  CHECK(encode(*tokenizer, text) == expected);
}

TEST_CASE("a text that is not UTF-8 is refused with the offset") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"ab\xFF", "byte 2"},     {"\xC0\xAF", "byte 0"},         {"a\xED\xA0\x80", "byte 1"},
      {"\u00e9\xC3", "byte 2"}, {"\xF4\x90\x80\x80", "byte 0"}, {"\xE0\x80\x80", "byte 0"}};
  for (const auto& tokenizer : {byte_level(), sentencepiece()}) {
    for (const auto& [text, place] : cases) {
      const auto ids = tokenizer->encode(text);
      REQUIRE(!ids.ok());
      CHECK(ids.error().code == HOLO_INVALID_ARG);
      CHECK(ids.error().message.find(place) != std::string::npos);
    }
  }
}

TEST_CASE("a stream hands out whole characters") {
  const auto tokenizer = sentencepiece();
  TextStream stream(*tokenizer);
  std::string text;
  const auto ids = encode(*tokenizer, "a\u4e2d\u00e9 b");
  for (const auto id : ids) {
    const std::string piece = stream.push(id);
    CHECK(check_utf8(piece).ok());
    text += piece;
  }
  CHECK(text + stream.finish() == "a\u4e2d\u00e9 b");

  TextStream broken(*tokenizer, true);
  CHECK(broken.push(259) == " ");
  CHECK(broken.push(0xE4 + 3).empty());
  CHECK(broken.push(1).empty());
  CHECK(broken.push(260) == "\uFFFDa");
  CHECK(broken.push(0xE4 + 3).empty());
  CHECK(broken.finish() == "\uFFFD");
  CHECK(broken.finish().empty());
}

TEST_CASE("a tokenizer of another model is refused") {
  const auto tokenizer = byte_level();
  ModelConfig config;
  config.vocabulary = 264;
  CHECK(check_tokenizer(*tokenizer, config).ok());
  config.vocabulary = 262;
  const auto mismatch = check_tokenizer(*tokenizer, config);
  REQUIRE(!mismatch.ok());
  CHECK(mismatch.error().message.find("263") != std::string::npos);
  CHECK(mismatch.error().message.find("262") != std::string::npos);
}

}  // namespace holo::lm::test
