// The Matroska home: what goes in comes out, any frame is near, and the bytes are the same twice.
#include "core/media/ffmpeg/matroska.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "core/media/ffmpeg/clip.hpp"
#include "core/media/ffmpeg/holovid_clip.hpp"

namespace holo::media {
namespace {

using test::Folder;
using test::Holovid;
using test::make_holovid;
using test::unit_is_right;

std::unique_ptr<ContainerReader> open(const std::string& path) {
  auto reader = open_matroska_file(path);
  INFO((reader ? "" : reader.error().message));
  REQUIRE(reader);
  return std::move(*reader);
}

TEST_CASE("Header, shared chunks and every frame come back") {
  const Folder folder;
  Holovid spec;
  spec.parts = GENERATE(1, 3);
  spec.uneven = GENERATE(false, true);
  make_holovid(folder.file("a"), spec);
  const auto reader = open(folder.file("a"));
  CHECK(reader->intact());
  CHECK(reader->container_name() == "matroska");
  const ContainerHeader& header = reader->header();
  CHECK(header.format_id == "holovid");
  CHECK(header.plugin_version == "1.0.0");
  CHECK(header.stream.unit_count == 100);
  CHECK(header.stream.image->width == 64);
  CHECK(header.stream.time_base.den == 25);
  REQUIRE(header.metadata.size() == 1);
  const auto head = reader->find(test::kHead, HOLO_SHARED_UNIT, 0);
  REQUIRE(head);
  std::vector<std::uint8_t> bytes(head->chunk.size);
  REQUIRE(reader->read(head->chunk, 0, bytes).ok());
  CHECK(bytes == test::payload(999, 0, 77));
  for (std::uint64_t unit = 0; unit < 100; ++unit) {
    CHECK(unit_is_right(*reader, spec, unit));
    const auto key = reader->find_key(unit);
    REQUIRE(key);
    CHECK(*key == unit / 10 * 10);
  }
  CHECK(reader->verify().ok());
}

TEST_CASE("Any order of frames gives the right ones, also where they are stored out of order") {
  const Folder folder;
  Holovid spec;
  spec.frames = 503;
  spec.gop = 17;
  spec.reorder = GENERATE(false, true);
  spec.uneven = GENERATE(false, true);
  make_holovid(folder.file("a"), spec);
  const auto reader = open(folder.file("a"));
  REQUIRE(reader->header().stream.unit_count == 503);
  std::mt19937 random(7);
  for (int i = 0; i < 300; ++i) {
    const std::uint64_t unit = random() % 503;
    INFO(unit);
    CHECK(unit_is_right(*reader, spec, unit));
    const auto key = reader->find_key(unit);
    REQUIRE(key);
    CHECK(*key == unit / 17 * 17);
  }
}

TEST_CASE("What is not there is not found") {
  const Folder folder;
  make_holovid(folder.file("a"), {});
  const auto reader = open(folder.file("a"));
  const auto past = reader->unit_info(100);
  REQUIRE_FALSE(past);
  CHECK(past.error().code == HOLO_NOT_FOUND);
  CHECK(reader->find_key(UINT64_MAX - 1).error().code == HOLO_NOT_FOUND);
  CHECK(reader->find(test::kFrame, 3, 1).error().code == HOLO_NOT_FOUND);
  CHECK(reader->find(test::kHead, 3, 0).error().code == HOLO_NOT_FOUND);
  CHECK(reader->find(test::kFrame, HOLO_SHARED_UNIT, 0).error().code == HOLO_NOT_FOUND);
  const auto entry = reader->find(test::kFrame, 3, 0);
  REQUIRE(entry);
  std::vector<std::uint8_t> bytes(10);
  CHECK(reader->read(entry->chunk, entry->chunk.size - 9, bytes).error().code == HOLO_INVALID_ARG);
  CHECK(reader->read(entry->chunk, UINT64_MAX - 3, bytes).error().code == HOLO_INVALID_ARG);
  CHECK(reader->read(entry->chunk, entry->chunk.size - 10, bytes).ok());
}

TEST_CASE("One frame of a large file costs its group of frames, not the file") {
  const Folder folder;
  Holovid spec;
  spec.frames = 3000;
  spec.gop = 30;
  spec.key_bytes = 20000;
  spec.other_bytes = 1500;
  spec.uneven = GENERATE(false, true);
  make_holovid(folder.file("a"), spec);
  const auto size = std::filesystem::file_size(folder.file("a"));
  const std::uint64_t group = 20000 + 29 * 1500;
  for (const std::uint64_t unit : {0, 1, 29, 30, 1499, 1514, 2345, 2969, 2999}) {
    const auto reader = open(folder.file("a"));
    const std::uint64_t opening = reader->bytes_read();
    CHECK(opening < 40000);
    CHECK(unit_is_right(*reader, spec, unit));
    REQUIRE(reader->find_key(unit));
    const std::uint64_t reading = reader->bytes_read() - opening;
    INFO("unit " << unit << ": " << reading << " of " << size << " bytes");
    // With an even rate a cue is hit at once; without one a few key frames are looked at.
    CHECK(reading < (spec.uneven ? 6 : 3) * group);
    CHECK(reading < size / 10);
  }
}

TEST_CASE("Reading in order reads the file once") {
  const Folder folder;
  Holovid spec;
  spec.frames = 500;
  make_holovid(folder.file("a"), spec);
  const auto reader = open(folder.file("a"));
  for (std::uint64_t unit = 0; unit < spec.frames; ++unit) {
    REQUIRE(unit_is_right(*reader, spec, unit));
  }
  CHECK(reader->bytes_read() < std::filesystem::file_size(folder.file("a")) * 5 / 4 + 40000);
}

TEST_CASE("Chunks are listed with their places in the file") {
  const Folder folder;
  Holovid spec;
  spec.frames = 25;
  make_holovid(folder.file("a"), spec);
  const auto file = test::file_bytes(folder.file("a"));
  const auto reader = open(folder.file("a"));
  const auto chunks = reader->chunks();
  REQUIRE(chunks);
  REQUIRE(chunks->size() == 26);
  for (const ChunkEntry& entry : *chunks) {
    std::vector<std::uint8_t> bytes(entry.chunk.size);
    REQUIRE(reader->read(entry.chunk, 0, bytes).ok());
    REQUIRE(entry.offset + bytes.size() <= file.size());
    CHECK(std::equal(bytes.begin(), bytes.end(),
                     file.begin() + static_cast<std::ptrdiff_t>(entry.offset)));
  }
}

TEST_CASE("A time finds the frame that is shown then") {
  const Folder folder;
  Holovid spec;
  spec.frames = 90;
  spec.time_base = {1001, 30000};
  spec.frame_rate = {30000, 1001};
  spec.first_pts = GENERATE(0, 12, -7);
  make_holovid(folder.file("a"), spec);
  const auto reader = open(folder.file("a"));
  const double frame = 1001.0 / 30000;
  for (std::uint64_t unit = 0; unit < 90; ++unit) {
    const auto at = reader->unit_at(static_cast<double>(unit) * frame);
    REQUIRE(at);
    CHECK(*at == unit);
    const auto within = reader->unit_at((static_cast<double>(unit) + 0.9) * frame);
    REQUIRE(within);
    CHECK(*within == unit);
    CHECK(unit_is_right(*reader, spec, unit));
  }
  CHECK(reader->unit_at(-0.1).error().code == HOLO_INVALID_ARG);
  const auto past = reader->unit_at(90.1 * frame);
  REQUIRE_FALSE(past);
  CHECK(past.error().code == HOLO_NOT_FOUND);
  CHECK_THAT(past.error().message, Catch::Contains("3.003 s long"));
}

TEST_CASE("Times before zero are kept") {
  const Folder folder;
  Holovid spec;
  spec.first_pts = -40;
  make_holovid(folder.file("a"), spec);
  const auto reader = open(folder.file("a"));
  CHECK(unit_is_right(*reader, spec, 0));
  CHECK(unit_is_right(*reader, spec, 99));
  const auto packets = test::raw_packets(folder.file("a"), AVMEDIA_TYPE_VIDEO);
  REQUIRE(packets.size() == 100);
  CHECK(packets[0].pts == 0);
}

TEST_CASE("The same chunks give the same bytes") {
  const Folder folder;
  test::Clip clip;
  clip.audio = "flac";
  clip.subtitles = true;
  clip.attachment = true;
  clip.frames = 100;
  test::make_clip(folder.file("c.mkv"), clip);
  Holovid spec;
  spec.carry = folder.file("c.mkv");
  make_holovid(folder.file("a"), spec);
  make_holovid(folder.file("b"), spec);
  CHECK(test::file_bytes(folder.file("a")) == test::file_bytes(folder.file("b")));
}

TEST_CASE("A video without frames, and calls in the wrong order, are refused") {
  const Folder folder;
  Holovid spec;
  spec.frames = 0;
  auto empty = AtomicFile::create(folder.file("a"), true);
  REQUIRE(empty);
  CHECK(test::write_holovid(**empty, spec).error().code == HOLO_INVALID_ARG);

  auto file = AtomicFile::create(folder.file("b"), true);
  REQUIRE(file);
  auto writer = create_matroska_file(**file, test::header_of(spec), "", nullptr);
  REQUIRE(writer);
  const std::vector<std::uint8_t> bytes(5);
  const holo_chunk chunk{sizeof(holo_chunk), test::kFrame, 0, 0, HOLO_CHUNK_KEY, 5};
  CHECK((*writer)->write(chunk, bytes).error().code == HOLO_INVALID_ARG);  // not announced
  UnitInfo info;
  info.kind = HOLO_FRAME;
  REQUIRE((*writer)->begin_unit(info).ok());
  REQUIRE((*writer)->write(chunk, bytes).ok());
  CHECK((*writer)->write(chunk, bytes).error().code == HOLO_INVALID_ARG);  // twice
  holo_chunk shared = chunk;
  shared.unit = HOLO_SHARED_UNIT;
  CHECK((*writer)->write(shared, bytes).error().code == HOLO_INVALID_ARG);  // too late
  info.index = 2;
  REQUIRE((*writer)->begin_unit(info).ok());
  info.index = 0;
  CHECK((*writer)->begin_unit(info).error().code == HOLO_INVALID_ARG);  // announced before
}

TEST_CASE("A Matroska file of another kind says what it holds") {
  const Folder folder;
  test::Clip clip;
  clip.audio = "flac";
  test::make_clip(folder.file("a.mkv"), clip);
  const auto reader = open_matroska_file(folder.file("a.mkv"));
  REQUIRE_FALSE(reader);
  CHECK(reader.error().code == HOLO_UNSUPPORTED);
  CHECK_THAT(reader.error().message,
             Catch::Contains("ffv1 video") && Catch::Contains("flac audio"));
}

TEST_CASE("A full disk stops the writer with an error") {
  auto file = AtomicFile::create("/dev/full", true);
  REQUIRE(file);
  const Status written = test::write_holovid(**file, {});
  REQUIRE_FALSE(written.ok());
  CHECK(written.error().code == HOLO_IO);
  auto null = AtomicFile::create("/dev/null", true);
  REQUIRE(null);
  CHECK(test::write_holovid(**null, {}).ok());
}

}  // namespace
}  // namespace holo::media
