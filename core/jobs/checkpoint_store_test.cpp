// Checkpoints on disk: kept for one training, refused to another, gone at the end.
#include "core/jobs/checkpoint_store.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

using holo::jobs::CheckpointStore;
namespace fs = std::filesystem;

namespace {

using Bytes = std::vector<std::uint8_t>;

struct Folder {
  fs::path path = fs::temp_directory_path() / "holohost-test-checkpoints";
  Folder() { fs::remove_all(path); }
  ~Folder() { fs::remove_all(path); }
};

}  // namespace

TEST_CASE("checkpoints come back to the same training only") {
  const Folder folder;
  const std::string name = folder.path.string();
  auto first = CheckpointStore::open(name, "one", false);
  REQUIRE(first.ok());
  CHECK_FALSE(first->resumed());
  CHECK_FALSE(fs::exists(folder.path));
  CHECK(first->load("state").error().code == HOLO_NOT_FOUND);
  REQUIRE(first->save("state", Bytes{1, 2, 3}).ok());
  REQUIRE(first->save("state", Bytes{4, 5}).ok());
  REQUIRE(first->save("empty", Bytes{}).ok());

  auto again = CheckpointStore::open(name, "one", false);
  REQUIRE(again.ok());
  CHECK(again->resumed());
  CHECK(*again->load("state") == Bytes{4, 5});
  CHECK(again->load("empty")->empty());
  CHECK(again->load("other").error().code == HOLO_NOT_FOUND);

  const auto other = CheckpointStore::open(name, "two", false);
  REQUIRE_FALSE(other.ok());
  CHECK(other.error().code == HOLO_INVALID_ARG);
  CHECK(other.error().message.find("--restart") != std::string::npos);
  const auto restarted = CheckpointStore::open(name, "two", true);
  REQUIRE(restarted.ok());
  CHECK_FALSE(restarted->resumed());
  CHECK_FALSE(fs::exists(folder.path));
}

TEST_CASE("removing leaves what is not its own") {
  const Folder folder;
  auto store = CheckpointStore::open(folder.path.string(), "one", false);
  REQUIRE(store.ok());
  REQUIRE(store->save("state", Bytes{1}).ok());
  std::ofstream(folder.path / "notes.txt") << "mine";
  store->remove();
  CHECK(fs::exists(folder.path / "notes.txt"));
  CHECK(std::distance(fs::directory_iterator(folder.path), {}) == 1);
  // A folder that holds no checkpoints is not taken for one.
  CHECK_FALSE(CheckpointStore::open(folder.path.string(), "one", true).ok());
}

TEST_CASE("without a folder nothing is kept") {
  auto store = CheckpointStore::open("", "one", false);
  REQUIRE(store.ok());
  CHECK(store->save("state", Bytes{1}).ok());
  CHECK(store->load("state").error().code == HOLO_NOT_FOUND);
  store->remove();
}
