// Files of tokenizers that contradict themselves, ask for other pipelines, or are damaged; and the
// tokenizers of the corpus.
#include "core/lm/tokenizer_files.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/lm/format_test_support.hpp"
#include "core/lm/json_file.hpp"

namespace holo::lm::test {
namespace {

using nlohmann::json;

json valid() { return json::parse(sentencepiece_json({"\u2581", "a", "\u2581a"}, {"\u2581 a"})); }

Result<std::unique_ptr<Tokenizer>> make(Result<TokenizerFiles> files) {
  if (!files.ok()) return files.error();
  return create_tokenizer(std::move(files).value());
}
void refused(Result<TokenizerFiles> files, holo_status code, const std::string& text) {
  const auto made = make(std::move(files));
  REQUIRE(!made.ok());
  CAPTURE(made.error().message, text);
  CHECK(made.error().code == code);
  CHECK(made.error().message.find(text) != std::string::npos);
}
void refused(const json& root, holo_status code, const std::string& text) {
  refused(parse_tokenizer_json(root.dump(), "", "test"), code, text);
}

}  // namespace

TEST_CASE("vocabularies and merges that contradict themselves") {
  auto root = valid();
  root["model"]["vocab"]["twice"] = 5;
  refused(root, HOLO_INVALID_ARG, "both have the id 5");
  root = valid();
  root["model"]["vocab"]["far"] = 4000000000u;
  refused(root, HOLO_INVALID_ARG, "4000000000");
  root["model"]["vocab"]["far"] = -1;
  refused(root, HOLO_INVALID_ARG, "-1");
  root = valid();
  root["model"]["merges"].push_back("a zz");
  refused(root, HOLO_INVALID_ARG, "'zz'");
  root = valid();
  root["model"]["merges"].push_back("a a");
  refused(root, HOLO_INVALID_ARG, "'aa'");
  root["model"]["merges"].back() = "a b c";
  refused(root, HOLO_INVALID_ARG, "one space");
  root = valid();
  root["model"]["vocab"].erase("<0x41>");
  refused(root, HOLO_INVALID_ARG, "<0x41>");

  const std::string bytes = byte_vocabulary({"ab"});
  CHECK(make(parse_vocabulary(bytes, "a b\n", "test")).ok());
  refused(parse_vocabulary(bytes, "a b\na c\n", "test"), HOLO_INVALID_ARG, "'ac'");
  refused(parse_vocabulary(bytes, "ab\n", "test"), HOLO_INVALID_ARG, "line 1");
  refused(parse_vocabulary(R"({"a": 0})", "", "test"), HOLO_INVALID_ARG, "byte 0");
}

TEST_CASE("pipelines that the runtime does not have are refused by name") {
  auto root = valid();
  root["model"]["type"] = "Unigram";
  refused(root, HOLO_UNSUPPORTED, "Unigram");
  root = valid();
  root["normalizer"]["normalizers"].push_back({{"type", "NFKC"}});
  refused(root, HOLO_UNSUPPORTED, "NFKC");
  root = valid();
  root["model"]["byte_fallback"] = false;
  refused(root, HOLO_UNSUPPORTED, "byte fallback");
  root = valid();
  root["normalizer"] = nullptr;
  root["pre_tokenizer"] = {{"type", "Sequence"},
                           {"pretokenizers",
                            {{{"type", "Split"}, {"behavior", "Isolated"}},
                             {{"type", "ByteLevel"}, {"use_regex", false}}}}};
  refused(root, HOLO_UNSUPPORTED, "Split");
}

TEST_CASE("a tokenizer.json of GPT-2's kind reads as vocab.json with merges.txt") {
  const json root = {
      {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}}},
      {"added_tokens", {{{"id", 257}, {"content", "<|endoftext|>"}, {"special", true}}}},
      {"model",
       {{"type", "BPE"}, {"vocab", json::parse(byte_vocabulary({"ab"}))}, {"merges", {"a b"}}}}};
  const auto tokenizer = make(parse_tokenizer_json(root.dump(), "", "test"));
  REQUIRE(tokenizer.ok());
  CHECK(*(*tokenizer)->encode("abc") == std::vector<std::int32_t>{256, 'c'});
  CHECK((*tokenizer)->eos() == 257);
  CHECK((*tokenizer)->bos() == 257);
  CHECK(!(*tokenizer)->starts_with_bos());
}

TEST_CASE("a tokenizer.json of Llama 3's kind takes whole words first") {
  auto root = json::parse(R"({"added_tokens": [], "model": {"type": "BPE",
    "ignore_merges": true, "merges": ["a b"]}, "pre_tokenizer": {"type": "Sequence",
    "pretokenizers": [{"type": "Split", "behavior": "Isolated", "invert": false, "pattern": {}},
      {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]}})");
  root["model"]["vocab"] = json::parse(byte_vocabulary({"ab", "abc"}));
  auto& split = root["pre_tokenizer"]["pretokenizers"][0];
  refused(root, HOLO_UNSUPPORTED, "Split");
  split["pattern"]["Regex"] = R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|)"
                              R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
  const auto tokenizer = make(parse_tokenizer_json(root.dump(), "", "test"));
  REQUIRE(tokenizer.ok());
  CHECK(*(*tokenizer)->encode("abc\nabcc") == std::vector<std::int32_t>{257, 10, 256, 'c', 'c'});
}

TEST_CASE("damaged tokenizer files are tokenizers or errors with words") {
  int errors = 0;
  const auto use = [&errors](Result<TokenizerFiles> files) {
    const auto made = make(std::move(files));
    if (!made.ok()) {
      ++errors;
      REQUIRE(made.error().message.size() > 15);
      return;
    }
    const auto ids = (*made)->encode("a ba \u4e2d");
    REQUIRE(ids.ok());
    for (const auto id : *ids) REQUIRE((id >= 0 && id < (*made)->vocabulary()));
  };
  mutate_text(valid().dump(), 1500,
              [&](const std::string& text) { use(parse_tokenizer_json(text, "", "damaged")); });
  const std::string bytes = byte_vocabulary({"ab", "abc"});
  const std::string merges = "a b\nab c\n";
  mutate_text(bytes, 1500,
              [&](const std::string& text) { use(parse_vocabulary(text, merges, "damaged")); });
  mutate_text(merges, 1500,
              [&](const std::string& text) { use(parse_vocabulary(bytes, text, "damaged")); });
  CHECK(errors > 1000);
}

TEST_CASE("a folder without a tokenizer says what is expected") {
  const Folder folder;
  const auto missing = Tokenizer::open(folder.file("."));
  REQUIRE(!missing.ok());
  CHECK(missing.error().code == HOLO_NOT_FOUND);
  CHECK(missing.error().message.find("vocab.json") != std::string::npos);
}

TEST_CASE("the tokenizer of stories15m gives the reference's ids") {
  const std::string path = corpus_file("models/stories15m/reference.json");
  if (path.empty()) return;
  const auto reference = read_json_object(path, 1 << 20);
  REQUIRE(reference.ok());
  const auto tokenizer = Tokenizer::open(std::filesystem::path(path).parent_path().string());
  REQUIRE(tokenizer.ok());
  std::vector<std::int32_t> ids = {(*tokenizer)->bos()};
  const auto text = (*tokenizer)->encode(text_member(*reference, "prompt"));
  REQUIRE(text.ok());
  ids.insert(ids.end(), text->begin(), text->end());
  CHECK(ids == (*reference)["prompt_ids"].get<std::vector<std::int32_t>>());
}

TEST_CASE("the tokenizer of GPT-2 gives known ids and texts come back") {
  const std::string path = corpus_file("models/gpt2-tokenizer/vocab.json");
  if (path.empty()) return;
  const auto tokenizer = Tokenizer::open(std::filesystem::path(path).parent_path().string());
  REQUIRE(tokenizer.ok());
  CHECK(*(*tokenizer)->encode("Hello, world") == std::vector<std::int32_t>{15496, 11, 995});
  CHECK((*tokenizer)->eos() == 50256);
  for (std::uint32_t seed = 0; seed < 50; ++seed) {
    const std::string text = random_text(seed, 200);
    CHECK((*tokenizer)->decode(*(*tokenizer)->encode(text)) == text);
  }
}

}  // namespace holo::lm::test
