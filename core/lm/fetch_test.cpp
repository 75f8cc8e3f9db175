// Downloads from a server of the test: whole, resumed, damaged, refused, cancelled.
#include "core/lm/fetch.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/lm/http_response.hpp"
#include "core/lm/http_server_test_support.hpp"
#include "core/lm/sha256.hpp"
#include "core/media/media_test_support.hpp"

namespace holo::lm::test {
namespace {

using media::test::Folder;

const std::string kRoot = "/openai-community/gpt2/resolve/main/";
const std::string kConfig = R"({"model_type": "gpt2", "n_layer": 1, "n_head": 1, "n_embd": 2,
  "n_positions": 8, "vocab_size": 300})";

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}
std::string sha256_of(const std::string& text) {
  const Folder folder;
  std::ofstream(folder.file("x"), std::ios::binary) << text;
  return *file_sha256(folder.file("x"));
}
std::string weights() {
  std::string text;
  for (std::uint32_t i = 0; i < 60000; ++i) text += static_cast<char>(i * i % 251);
  return text;
}
std::map<std::string, ServedFile> gpt2_files() {
  return {{kRoot + "config.json", {kConfig, "", 0, true, ""}},
          {kRoot + "tokenizer.json", {"{}", "", 0, true, ""}},
          {kRoot + "model.safetensors", {weights(), sha256_of(weights()), 0, true, ""}}};
}
FetchOptions options_for(const HttpServer& server) {
  setenv("no_proxy", "127.0.0.1", 1);
  FetchOptions options;
  options.base = server.base();
  options.allow_http = true;
  options.pause = std::chrono::milliseconds(1);
  return options;
}
std::size_t count(const std::vector<std::string>& requests, const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      requests.begin(), requests.end(),
      [&text](const std::string& request) { return request.find(text) != std::string::npos; }));
}

}  // namespace

TEST_CASE("the digest of a known text") {
  CHECK(sha256_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("names of models") {
  CHECK(*model_repository("gpt2-xl") == "openai-community/gpt2-xl");
  CHECK(*model_repository("owner/a-model_1.5") == "owner/a-model_1.5");
  for (const char* name : {"", "gpt9", "a/b/c", "../x", "a/..", "a/", "/b", "a/b?c", "a b/c"}) {
    CAPTURE(name);
    REQUIRE(!model_repository(name).ok());
    CHECK(model_repository(name).error().message.find("gpt2-medium") != std::string::npos);
  }
}

TEST_CASE("a model comes whole, and what is there stays") {
  HttpServer server(gpt2_files());
  const Folder folder;
  auto options = options_for(server);
  std::uint64_t reported = 0;
  options.on_progress = [&reported](const FetchProgress& progress) {
    if (progress.file == "model.safetensors") reported = progress.done;
  };
  const auto files = fetch_model("gpt2", folder.file("m"), options);
  REQUIRE(files.ok());
  REQUIRE(files->size() == 3);
  CHECK(files->back().sha256 == sha256_of(weights()));
  CHECK(files->back().bytes == 60000);
  CHECK(reported == 60000);
  CHECK(read(folder.file("m/model.safetensors")) == weights());
  CHECK(!std::filesystem::exists(folder.file("m/tokenizer_config.json.part")));
  const auto before = server.requests().size();
  const auto again = fetch_model("gpt2", folder.file("m"), options);
  REQUIRE(again.ok());
  CHECK(again->back().present);
  CHECK(count(server.requests(), "tokenizer_config.json") == 2);
  CHECK(server.requests().size() == before + 1);
}

TEST_CASE("a download that breaks off is gone on with") {
  for (const bool ranges : {true, false}) {
    auto files = gpt2_files();
    files[kRoot + "model.safetensors"].cut_after = 20000;
    files[kRoot + "model.safetensors"].ranges = ranges;
    files[kRoot + "config.json"].cut_after = 10;
    HttpServer server(std::move(files));
    const Folder folder;
    const auto fetched = fetch_model("gpt2", folder.file("m"), options_for(server));
    CAPTURE(ranges, fetched.ok() ? std::string() : fetched.error().message);
    REQUIRE(fetched.ok());
    CHECK(read(folder.file("m/model.safetensors")) == weights());
    CHECK(read(folder.file("m/config.json")) == kConfig);
    CHECK(count(server.requests(), "model.safetensors from 20000") == 1);
  }
}

TEST_CASE("what an earlier call left is gone on with, or thrown away if it is another file's") {
  for (const bool good : {true, false}) {
    HttpServer server(gpt2_files());
    const Folder folder;
    std::filesystem::create_directories(folder.file("m"));
    const std::string start = good ? weights().substr(0, 30000) : std::string(30000, 'x');
    std::ofstream(folder.file("m/model.safetensors.part"), std::ios::binary) << start;
    REQUIRE(fetch_model("gpt2", folder.file("m"), options_for(server)).ok());
    CHECK(read(folder.file("m/model.safetensors")) == weights());
    CHECK(count(server.requests(), "model.safetensors from 30000") == 1);
    CHECK(count(server.requests(), "model.safetensors") == (good ? 1 : 2));
  }
}

TEST_CASE("a part file that is whole already is checked and taken") {
  HttpServer server(gpt2_files());
  const Folder folder;
  std::filesystem::create_directories(folder.file("m"));
  std::ofstream(folder.file("m/model.safetensors.part"), std::ios::binary) << weights();
  REQUIRE(fetch_model("gpt2", folder.file("m"), options_for(server)).ok());
  CHECK(read(folder.file("m/model.safetensors")) == weights());
  CHECK(count(server.requests(), "model.safetensors") == 1);
}

TEST_CASE("weights that are not what the server names never appear") {
  auto files = gpt2_files();
  files[kRoot + "model.safetensors"].body[500] ^= 1;
  HttpServer server(std::move(files));
  const Folder folder;
  const auto fetched = fetch_model("gpt2", folder.file("m"), options_for(server));
  REQUIRE(!fetched.ok());
  CHECK(fetched.error().message.find("SHA-256") != std::string::npos);
  CHECK(!std::filesystem::exists(folder.file("m/model.safetensors")));
  CHECK(count(server.requests(), "model.safetensors") == 3);
}

TEST_CASE("shards and redirects") {
  auto files = gpt2_files();
  const std::string shard = "model-00001-of-00001.safetensors";
  auto weights_file = files.extract(kRoot + "model.safetensors");
  files[kRoot + "model.safetensors.index.json"].body =
      R"({"weight_map": {"a": ")" + shard + R"("}})";
  files[kRoot + shard] = {weights(), sha256_of(weights()), 0, true, "/elsewhere"};
  files["/elsewhere"] = {weights(), "", 0, true, ""};
  HttpServer server(std::move(files));
  const Folder folder;
  const auto fetched = fetch_model("gpt2", folder.file("m"), options_for(server));
  REQUIRE(fetched.ok());
  CHECK(fetched->back().name == shard);
  CHECK(fetched->back().sha256 == sha256_of(weights()));
  CHECK(read(folder.file("m/" + shard)) == weights());
}

TEST_CASE("what is refused") {
  HttpServer server(gpt2_files());
  const Folder folder;
  auto options = options_for(server);
  CHECK(fetch_model("owner/none", folder.file("a"), options).error().code == HOLO_NOT_FOUND);
  options.revision = "../main";
  CHECK(fetch_model("gpt2", folder.file("b"), options).error().code == HOLO_INVALID_ARG);
  options.revision = "main";
  options.largest_file = 10000;
  const auto large = fetch_model("gpt2", folder.file("c"), options);
  REQUIRE(!large.ok());
  CHECK(large.error().code == HOLO_NO_MEMORY);
  CHECK(!std::filesystem::exists(folder.file("c/model.safetensors")));
  options.allow_http = false;
  CHECK(fetch_model("gpt2", folder.file("d"), options).error().code == HOLO_INVALID_ARG);
}

TEST_CASE("a download can be cancelled and gone on with") {
  HttpServer server(gpt2_files());
  const Folder folder;
  auto options = options_for(server);
  bool stop = false;
  options.on_progress = [&stop](const FetchProgress& progress) {
    stop = stop || (progress.file == "model.safetensors" && progress.done > 0);
  };
  options.stop = [&stop] { return stop; };
  const auto cancelled = fetch_model("gpt2", folder.file("m"), options);
  REQUIRE(!cancelled.ok());
  CHECK(cancelled.error().code == HOLO_CANCELLED);
  CHECK(!std::filesystem::exists(folder.file("m/model.safetensors")));
  options.stop = {};
  CHECK(fetch_model("gpt2", folder.file("m"), options).ok());
  CHECK(read(folder.file("m/model.safetensors")) == weights());
}

TEST_CASE("header lines of any kind are taken or passed over") {
  HttpResponse response;
  for (const char* line : {"", ":", "nonsense", "X-Linked-Etag: \"short\"", "content-length: -5",
                           "Content-Range: bytes */7", "Content-Length: 99999999999999999999999"}) {
    response.take(line);
  }
  CHECK(response.linked_sha256.empty());
  CHECK(response.length == 0);
  response.take("CONTENT-RANGE: bytes 12-20/21\r\n");
  CHECK(response.range_begin == 12);
}

}  // namespace holo::lm::test
