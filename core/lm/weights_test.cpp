// Weights from one file and from shards, and files that are not what they should be.
#include "core/lm/weights.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/lm/format_test_support.hpp"
#include "core/lm/json_file.hpp"
#include "core/lm/shard_index.hpp"

namespace holo::lm::test {
namespace {

const std::vector<std::int64_t> kPair = {2, 2};
const std::vector<float> kValues = {1, -2, 0.5f, 96};

Result<std::unique_ptr<Weights>> open(const Folder& folder) {
  return Weights::open(folder.file("."));
}
void require_error(const Status& status, holo_status code, const std::string& text) {
  REQUIRE(!status.ok());
  CAPTURE(status.error().message, text);
  CHECK(status.error().code == code);
  CHECK(status.error().message.find(text) != std::string::npos);
}
template <class T>
Status status_of(const Result<T>& result) {
  return result.ok() ? Status() : Status(result.error());
}

// Two shards and their index.
void write_shards(const Folder& folder) {
  write_tensors(folder.file("model-00001-of-00002.safetensors"), {{"a", "f32", {2, 2}, kValues}});
  write_tensors(folder.file("model-00002-of-00002.safetensors"), {{"b", "f16", {4}, kValues}});
  const nlohmann::json index = {
      {"weight_map",
       {{"a", "model-00001-of-00002.safetensors"}, {"b", "model-00002-of-00002.safetensors"}}}};
  write_text(folder.file("model.safetensors.index.json"), index.dump());
}

}  // namespace

TEST_CASE("weights of three types read as f32") {
  const Folder folder;
  write_tensors(folder.file("model.safetensors"), {{"transformer.a", "f32", {2, 2}, kValues},
                                                   {"b", "f16", {2, 2}, kValues},
                                                   {"model.c", "bf16", {4}, kValues},
                                                   {"mask", "i32", {1}, {1}}});
  const auto weights = open(folder);
  REQUIRE(weights.ok());
  CHECK((*weights)->tensors().size() == 3);
  for (const char* name : {"a", "transformer.a", "b", "transformer.b"}) {
    const auto values = (*weights)->read(name, kPair);
    REQUIRE(values.ok());
    CHECK(*values == kValues);
  }
  const std::vector<std::int64_t> flat = {4};
  CHECK(*(*weights)->read("c", flat) == kValues);
  require_error(status_of((*weights)->read("c", kPair)), HOLO_INVALID_ARG,
                "expected {2, 2}, found {4}");
  require_error(status_of((*weights)->read("d", kPair)), HOLO_NOT_FOUND, "'d'");
  require_error(status_of((*weights)->read("mask", flat)), HOLO_UNSUPPORTED, "i32");
}

TEST_CASE("sharded weights") {
  const Folder folder;
  write_shards(folder);
  const auto weights = open(folder);
  REQUIRE(weights.ok());
  CHECK(*(*weights)->read("a", kPair) == kValues);
  const std::vector<std::int64_t> flat = {4};
  CHECK(*(*weights)->read("b", flat) == kValues);

  const std::string second = folder.file("model-00002-of-00002.safetensors");
  write_tensors(second, {{"other", "f32", {4}, kValues}});
  require_error(status_of(open(folder)), HOLO_CORRUPT, "tensor 'b'");
  write_tensors(second, {{"a", "f32", {4}, kValues}, {"b", "f32", {4}, kValues}});
  require_error(status_of(open(folder)), HOLO_CORRUPT, "another file");
  std::filesystem::remove(second);
  require_error(status_of(open(folder)), HOLO_NOT_FOUND, "model-00002-of-00002.safetensors");
  require_error(status_of(open(folder)), HOLO_NOT_FOUND, "index.json");
}

TEST_CASE("a shard index cannot lead out of its folder") {
  for (const char* shard : {"../x.safetensors", "/etc/passwd", "a/b", "", ".hidden", ".."}) {
    const nlohmann::json index = {{"weight_map", {{"a", shard}}}};
    CHECK(status_of(parse_shard_index(index.dump(), "index")).error().code == HOLO_INVALID_ARG);
  }
  CHECK(!parse_shard_index(R"({"weight_map": {"a": 3}})", "index").ok());
  CHECK(!parse_shard_index(R"({"weight_map": []})", "index").ok());
  CHECK(!parse_shard_index("{}", "index").ok());
}

TEST_CASE("a folder without weights says what is expected") {
  const Folder folder;
  require_error(status_of(open(folder)), HOLO_NOT_FOUND, "model.safetensors");
}

TEST_CASE("damaged weight files are errors or stay within their bounds") {
  const Folder folder;
  const std::string path = folder.file("model.safetensors");
  write_tensors(path, {{"a", "f32", {2, 2}, kValues}, {"b", "bf16", {4}, kValues}});
  const auto valid = read_text_file(path, 1 << 20);
  REQUIRE(valid.ok());
  int errors = 0;
  mutate_text(*valid, 600, [&](const std::string& text) {
    write_text(path, text);
    const auto weights = open(folder);
    if (!weights.ok()) {
      ++errors;
      REQUIRE(weights.error().message.size() > 15);
      return;
    }
    for (const auto& tensor : (*weights)->tensors()) {
      const auto values = (*weights)->read(tensor.name, tensor.shape);
      REQUIRE(values.ok());
      REQUIRE(values->size() <= text.size());
    }
  });
  CHECK(errors > 100);
}

TEST_CASE("a damaged index is an error or names plain files") {
  const Folder folder;
  write_shards(folder);
  const auto valid = read_text_file(folder.file("model.safetensors.index.json"), 1 << 20);
  REQUIRE(valid.ok());
  int errors = 0;
  mutate_text(*valid, 3000, [&](const std::string& text) {
    const auto index = parse_shard_index(text, "damaged");
    if (!index.ok()) {
      ++errors;
      return;
    }
    for (const auto& shard : index->shards) REQUIRE(shard.find('/') == std::string::npos);
  });
  CHECK(errors > 500);
}

TEST_CASE("the weights of the corpus open") {
  const std::string path = corpus_file("models/stories15m/model.safetensors");
  if (path.empty()) return;
  const auto weights = Weights::open(std::filesystem::path(path).parent_path().string());
  REQUIRE(weights.ok());
  const std::vector<std::int64_t> shape = {32000, 288};
  CHECK((*weights)->read("embed_tokens.weight", shape).ok());
}

}  // namespace holo::lm::test
