#include "core/base/file.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace holo;
namespace fs = std::filesystem;

namespace {

// A folder of its own, removed at the end.
struct Folder {
  fs::path path;
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "holo-file-test-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~Folder() { fs::remove_all(path); }
  [[nodiscard]] std::size_t entries() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(path), fs::directory_iterator()));
  }
};

std::string text_of(const fs::path& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::uint8_t> bytes(std::string_view text) { return {text.begin(), text.end()}; }

}  // namespace

TEST_CASE("a file appears only on commit") {
  Folder folder;
  const std::string target = (folder.path / "out").string();
  {
    auto file = AtomicFile::create(target, false);
    REQUIRE(file.ok());
    REQUIRE((*file)->write(bytes("hello world")).ok());
    REQUIRE((*file)->write_at(0, bytes("J")).ok());
    CHECK_FALSE(fs::exists(target));
    REQUIRE((*file)->commit().ok());
  }
  CHECK(text_of(target) == "Jello world");
  CHECK(folder.entries() == 1);
}

TEST_CASE("a file that is not committed leaves nothing and spares the original") {
  Folder folder;
  const fs::path target = folder.path / "out";
  std::ofstream(target) << "original";
  {
    auto file = AtomicFile::create(target.string(), true);
    REQUIRE(file.ok());
    REQUIRE((*file)->write(bytes("half")).ok());
  }
  CHECK(text_of(target) == "original");
  CHECK(folder.entries() == 1);
}

TEST_CASE("an existing file is never overwritten silently") {
  Folder folder;
  const fs::path target = folder.path / "out";
  {
    auto file = AtomicFile::create(target.string(), false);
    REQUIRE(file.ok());
    std::ofstream(target) << "came first";
    const Status status = (*file)->commit();
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().message.find("-f") != std::string::npos);
  }
  CHECK(text_of(target) == "came first");
  CHECK(AtomicFile::create(target.string(), false).error().code == HOLO_IO);
  CHECK(folder.entries() == 1);
}

TEST_CASE("a symbolic link keeps pointing at what was written") {
  Folder folder;
  std::ofstream(folder.path / "real") << "old";
  fs::create_symlink("real", folder.path / "link");
  auto file = AtomicFile::create((folder.path / "link").string(), true);
  REQUIRE(file.ok());
  REQUIRE((*file)->write(bytes("new")).ok());
  REQUIRE((*file)->commit().ok());
  CHECK(fs::is_symlink(folder.path / "link"));
  CHECK(text_of(folder.path / "real") == "new");
}

TEST_CASE("overwriting keeps the permissions of the file") {
  Folder folder;
  const fs::path target = folder.path / "out";
  std::ofstream(target) << "private";
  fs::permissions(target, fs::perms::owner_read | fs::perms::owner_write);
  auto file = AtomicFile::create(target.string(), true);
  REQUIRE(file.ok());
  REQUIRE((*file)->write(bytes("new")).ok());
  REQUIRE((*file)->commit().ok());
  CHECK(fs::status(target).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
  CHECK(text_of(target) == "new");
}

TEST_CASE("the longest file name is not too long for a temporary one") {
  Folder folder;
  const fs::path target = folder.path / std::string(255, 'n');
  auto file = AtomicFile::create(target.string(), false);
  REQUIRE(file.ok());
  REQUIRE((*file)->commit().ok());
  CHECK(fs::exists(target));
}

TEST_CASE("without a folder for temporary files, standard output is an error") {
  const char* const before = std::getenv("TMPDIR");
  const std::string kept = before == nullptr ? "" : before;
  ::setenv("TMPDIR", "/nonexistent", 1);
  const auto file = AtomicFile::create("-", false);
  before == nullptr ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", kept.c_str(), 1);
  REQUIRE_FALSE(file.ok());
  CHECK(file.error().code == HOLO_IO);
  CHECK(file.error().message.find("TMPDIR") != std::string::npos);
}

TEST_CASE("a full device is an error") {
  auto file = AtomicFile::create("/dev/full", false);
  REQUIRE(file.ok());
  const Status status = (*file)->write(bytes("x"));
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code == HOLO_IO);
}

TEST_CASE("temporary files are removed on request") {
  Folder folder;
  auto file = AtomicFile::create((folder.path / "out").string(), false);
  REQUIRE(file.ok());
  CHECK(folder.entries() == 1);
  remove_temporary_files();
  CHECK(folder.entries() == 0);
}

TEST_CASE("readers refuse what is not a file with something in it") {
  Folder folder;
  std::ofstream(folder.path / "empty");
  CHECK(open_reader((folder.path / "missing").string()).error().message.find("No such file") !=
        std::string::npos);
  CHECK(open_reader(folder.path.string()).error().message.find("directory") != std::string::npos);
  CHECK(open_reader((folder.path / "empty").string()).error().message.find("empty") !=
        std::string::npos);
}

TEST_CASE("readers never read short, and count what they read") {
  Folder folder;
  std::ofstream(folder.path / "file") << "0123456789";
  auto reader = open_reader((folder.path / "file").string());
  REQUIRE(reader.ok());
  std::vector<std::uint8_t> out(4);
  REQUIRE((*reader)->read_at(6, out).ok());
  CHECK(out == bytes("6789"));
  CHECK((*reader)->bytes_read() == 4);
  CHECK((*reader)->read_at(7, out).error().code == HOLO_CORRUPT);
  CHECK((*reader)->read_at(~std::uint64_t{0}, out).error().code == HOLO_CORRUPT);
}
