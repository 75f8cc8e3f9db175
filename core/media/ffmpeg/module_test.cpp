// The module as the executable sees it: found, loaded, one exported name.
#include <dlfcn.h>

#include <catch2/catch.hpp>

#include "core/media/ffmpeg/clip.hpp"
#include "core/media/video.hpp"

namespace holo::media {
namespace {

TEST_CASE("The module is found beside the executable and loaded once") {
  const auto first = load_video_module();
  INFO((first ? "" : first.error().message));
  REQUIRE(first);
  const auto second = load_video_module();
  REQUIRE(second);
  CHECK(*first == *second);
  CHECK_THAT((*first)->version(), Catch::StartsWith("libavformat "));
  CHECK(dlsym(RTLD_DEFAULT, "holo_video_module") == nullptr);  // local to its handle
}

TEST_CASE("Files written through the module with an AtomicFile of the executable's are whole") {
  const auto module = load_video_module();
  REQUIRE(module);
  const test::Folder folder;
  test::make_clip(folder.file("a.mkv"), {});
  auto reader = (*module)->open_video(folder.file("a.mkv"));
  REQUIRE(reader);
  {
    auto file = AtomicFile::create(folder.file("b.mkv"), false);
    REQUIRE(file);
    auto writer = (*module)->create_video(**file, "mkv", (*reader)->stream(), "");
    REQUIRE(writer);
    auto frame = (*reader)->next();
    REQUIRE(frame);
    REQUIRE((*writer)->push(**frame).ok());
    REQUIRE((*writer)->finish().ok());
    CHECK(folder.entries() == 2);  // a temporary file, not the target
    CHECK_FALSE(std::filesystem::exists(folder.file("b.mkv")));
    REQUIRE((*file)->commit().ok());
  }
  CHECK(std::filesystem::exists(folder.file("b.mkv")));
  {
    auto file = AtomicFile::create(folder.file("c.mkv"), false);
    REQUIRE(file);
    auto writer = (*module)->create_video(**file, "mkv", (*reader)->stream(), "");
    REQUIRE(writer);
  }
  CHECK(folder.entries() == 2);  // given up: nothing is left
  auto missing = (*module)->open_matroska(folder.file("none"));
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == HOLO_IO);
}

TEST_CASE("Matroska is told by its first bytes") {
  const std::uint8_t yes[] = {0x1A, 0x45, 0xDF, 0xA3, 0};
  const std::uint8_t no[] = {0x1A, 0x45, 0xDF, 0xA2, 0};
  CHECK(is_matroska(yes));
  CHECK_FALSE(is_matroska(no));
  CHECK_FALSE(is_matroska(std::span(yes).first(3)));
}

}  // namespace
}  // namespace holo::media
