// holohost.json there and back, and from strangers.
#include "core/lm/patched_folder.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "core/media/media_test_support.hpp"

using namespace holo;
using namespace holo::lm;
namespace fs = std::filesystem;

namespace {

void write(const std::string& path, const std::string& text) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

TEST_CASE("a patched folder comes back as it was written", "[patched_folder]") {
  media::test::Folder home;
  fs::create_directories(home.file("built"));
  for (const std::string& model :
       {home.file("model"), home.file("built"), home.file("a/b/model")}) {
    fs::create_directories(model);
    PatchedFolder written;
    written.folder = home.file("built");
    written.model = model;
    written.strategies = {{"k=one:bits=4;v=two", {"0.holo", ""}}, {"none", {}}};
    REQUIRE(write_patched_folder(written).ok());
    const auto read = open_patched_folder(written.folder);
    REQUIRE(read.ok());
    CHECK(read->folder == written.folder);
    CHECK(fs::equivalent(read->model, model));
    REQUIRE(read->strategies.size() == 2);
    CHECK(read->strategies[0].kv == written.strategies[0].kv);
    CHECK(read->strategies[0].bases == written.strategies[0].bases);
    CHECK(read->find("none") == &read->strategies[1]);
    CHECK(read->find("other") == nullptr);
  }
  // Both moved together.
  PatchedFolder written;
  written.folder = home.file("built");
  written.model = home.file("model");
  REQUIRE(write_patched_folder(written).ok());
  fs::create_directories(home.file("moved"));
  fs::rename(home.file("built"), home.file("moved/built"));
  fs::rename(home.file("model"), home.file("moved/model"));
  const auto read = open_patched_folder(home.file("moved/built"));
  REQUIRE(read.ok());
  CHECK(fs::equivalent(read->model, home.file("moved/model")));
}

TEST_CASE("a model folder is its own, and a folder of neither kind is refused",
          "[patched_folder]") {
  media::test::Folder home;
  write(home.file("model/config.json"), "{}");
  const auto model = open_patched_folder(home.file("model"));
  REQUIRE(model.ok());
  CHECK(model->folder.empty());
  CHECK(model->model == home.file("model"));
  CHECK(model->strategies.empty());
  const auto missing = open_patched_folder(home.file("nowhere"));
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().code == HOLO_NOT_FOUND);
}

TEST_CASE("a hostile holohost.json is refused", "[patched_folder]") {
  media::test::Folder home;
  const std::string path = home.file("built/holohost.json");
  const auto with = [](const std::string& strategies) {
    return R"({"schema": 1, "model": "m", "strategies": )" + strategies + "}";
  };
  write(path, with(R"([{"kv": "one", "bases": ["0.holo"]}])"));
  REQUIRE(open_patched_folder(home.file("built")).ok());
  for (const std::string& text :
       std::vector<std::string>{"",
                                "{",
                                "[]",
                                "null",
                                "7",
                                "\"text\"",
                                "{}",
                                std::string("\0{}", 3),
                                "{\"model\": \"\xFF\"}",
                                R"({"model": "m"})",
                                R"({"strategies": []})",
                                R"({"model": 1, "strategies": []})",
                                R"({"schema": 1, "model": "m", "strategies": {}})",
                                with("[1]"),
                                with("[null]"),
                                with("[[]]"),
                                with("[{}]"),
                                with(R"([{"kv": "one"}])"),
                                with(R"([{"bases": []}])"),
                                with(R"([{"kv": 1, "bases": []}])"),
                                with(R"([{"kv": "one", "bases": "0.holo"}])"),
                                with(R"([{"kv": "one", "bases": [0]}])"),
                                with(R"([{"kv": "one", "bases": [null]}])"),
                                with(R"([{"kv": "one", "bases": ["../0.holo"]}])"),
                                with(R"([{"kv": "one", "bases": ["/etc/passwd"]}])"),
                                with(R"([{"kv": "one", "bases": [".."]}])"),
                                with(R"([{"kv": "one", "bases": ["."]}])"),
                                with(R"([{"kv": "one", "bases": ["a/b"]}])"),
                                with(R"([{"kv": "one", "bases": ["a\u0000b"]}])"),
                                R"({"schema": 2, "model": "m", "strategies": []})",
                                R"({"schema": "1", "model": "m", "strategies": []})",
                                R"({"model": "m", "strategies": []})",
                                R"({"schema": 1, "model": "a\u0000b", "strategies": []})",
                                std::string(500000, '['),
                                with(std::string(200000, '[') + std::string(200000, ']')),
                                with("[]" + std::string(2 << 20, ' '))}) {
    INFO(text.substr(0, 120));
    write(path, text);
    const auto read = open_patched_folder(home.file("built"));
    REQUIRE_FALSE(read.ok());
    CHECK(!read.error().message.empty());
  }
}
