// Files that were cut, flipped and spliced: what survives is readable, and nothing crashes.
#include <catch2/catch.hpp>
#include <chrono>
#include <random>

#include "core/media/ffmpeg/clip.hpp"
#include "core/media/ffmpeg/holovid_clip.hpp"
#include "core/media/ffmpeg/matroska_fuzz.hpp"

namespace holo::media {
namespace {

using test::Folder;
using test::Holovid;

std::vector<std::uint8_t> small_file(const Holovid& spec) {
  const Folder folder;
  test::make_holovid(folder.file("a"), spec);
  return test::file_bytes(folder.file("a"));
}

TEST_CASE("A file cut short opens as damaged, and the frames before the cut are right") {
  Holovid spec;
  const auto whole = small_file(spec);
  std::uint64_t before = 0;
  for (int percent = 2; percent < 100; percent += 3) {
    auto cut = whole;
    cut.resize(whole.size() * static_cast<std::size_t>(percent) / 100);
    auto reader = open_matroska_bytes(memory_reader(cut));
    if (!reader) {
      INFO(percent << ": " << reader.error().message);
      CHECK(percent < 10);  // only where the header itself is cut
      continue;
    }
    CHECK_FALSE((*reader)->intact());
    const std::uint64_t count = (*reader)->header().stream.unit_count;
    INFO(percent << " percent: " << count << " frames");
    CHECK(count >= before);
    before = count;
    for (std::uint64_t unit = 0; unit < count; ++unit) {
      CHECK(test::unit_is_right(**reader, spec, unit));
    }
    if (count > 25) CHECK(*(*reader)->find_key(25) == 20);
    CHECK((*reader)->unit_info(count).error().code == HOLO_NOT_FOUND);
    CHECK((*reader)->verify().error().code == HOLO_CORRUPT);
  }
  CHECK(before > 90);
}

TEST_CASE("A number of frames that the file has no room for is not believed") {
  Holovid spec;
  auto bytes = small_file(spec);
  const std::string name = kFramesTag;
  const auto tag = std::search(bytes.begin(), bytes.end(), name.begin(), name.end());
  REQUIRE(tag != bytes.end());
  const std::string lie = "9999999999999999999";
  std::copy(lie.begin(), lie.end(), tag + static_cast<std::ptrdiff_t>(name.size()) + 3);
  auto reader = open_matroska_bytes(memory_reader(bytes));
  REQUIRE(reader);
  CHECK_FALSE((*reader)->intact());
  CHECK((*reader)->header().stream.unit_count == spec.frames);
}

TEST_CASE("verify finds every flipped bit inside a cluster") {
  Holovid spec;
  spec.frames = 30;
  const auto whole = small_file(spec);
  auto reader = open_matroska_bytes(memory_reader(whole));
  REQUIRE(reader);
  CHECK((*reader)->verify().ok());
  const auto chunks = (*reader)->chunks();
  REQUIRE(chunks);
  std::mt19937 random(3);
  for (const ChunkEntry& entry : *chunks) {
    auto bytes = whole;
    bytes[entry.offset + random() % entry.chunk.size] ^=
        static_cast<std::uint8_t>(1u << (random() % 8));
    auto damaged = open_matroska_bytes(memory_reader(bytes));
    if (!damaged) continue;  // the private data have a checksum of their own
    CHECK((*damaged)->verify().error().code == HOLO_CORRUPT);
  }
}

TEST_CASE("Flips, cuts and splices of a small file never crash, hang or read on for ever") {
  Holovid spec;
  spec.frames = 12;
  spec.gop = 4;
  spec.key_bytes = 120;
  spec.other_bytes = 30;
  spec.parts = 2;
  const auto whole = small_file(spec);
  std::mt19937 random(11);
  const auto start = std::chrono::steady_clock::now();
  int rounds = 0;
  for (; rounds < 2500; ++rounds) {
    auto bytes = whole;
    switch (random() % 4) {
      case 0:
        bytes[random() % bytes.size()] ^= static_cast<std::uint8_t>(1u << (random() % 8));
        break;
      case 1:
        bytes.resize(random() % bytes.size());
        break;
      case 2: {  // a piece of the file over another one
        const std::size_t length = 1 + random() % 64;
        const std::size_t from = random() % (bytes.size() - length);
        const std::size_t to = random() % (bytes.size() - length);
        std::copy_n(whole.begin() + static_cast<std::ptrdiff_t>(from), length,
                    bytes.begin() + static_cast<std::ptrdiff_t>(to));
        break;
      }
      default:
        for (int i = 0; i < 8; ++i) {
          bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
        }
    }
    fuzz_matroska(bytes.data(), bytes.size());
  }
  CHECK(rounds == 2500);
  const auto seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  INFO(seconds << " s");
  CHECK(seconds < 250);  // a hang, not a slow machine
}

TEST_CASE("A file written to a pipe can be read, after a scan") {
  Holovid spec;
  const Folder folder;
  REQUIRE(std::system(nullptr) != 0);
  const std::string pipe = folder.file("pipe");
  REQUIRE(::system(("mkfifo '" + pipe + "' && (cat '" + pipe + "' > '" + folder.file("a") + "' &)")
                       .c_str()) == 0);
  {
    auto file = AtomicFile::create(pipe, true);
    REQUIRE(file);
    REQUIRE(test::write_holovid(**file, spec).ok());
    REQUIRE((*file)->commit().ok());
  }
  for (int i = 0; i < 200; ++i) {  // until cat has written all of it
    auto reader = open_matroska_file(folder.file("a"));
    if (reader && (*reader)->header().stream.unit_count == spec.frames) {
      CHECK_FALSE((*reader)->intact());
      for (std::uint64_t unit = 0; unit < spec.frames; ++unit) {
        CHECK(test::unit_is_right(**reader, spec, unit));
      }
      return;
    }
    ::system("sleep 0.02");
  }
  FAIL("the file that came through the pipe cannot be read");
}

}  // namespace
}  // namespace holo::media
