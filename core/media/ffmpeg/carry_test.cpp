// Sound, subtitles, attachments, chapters and tags go along unchanged, and stay in step.
#include <catch2/catch.hpp>
#include <cstdlib>

#include "core/media/ffmpeg/clip.hpp"
#include "core/media/ffmpeg/matroska.hpp"
#include "core/media/ffmpeg/video_reader.hpp"
#include "core/media/ffmpeg/video_writer.hpp"

namespace holo::media {
namespace {

using test::Clip;
using test::Folder;
using test::make_clip;
using test::raw_packets;

// A .holovid whose frames are a few bytes each, with the streams of `from`.
std::vector<std::string> make_holovid(const std::string& from, const std::string& to) {
  auto reader = open_video_file(from);
  REQUIRE(reader);
  auto file = AtomicFile::create(to, true);
  REQUIRE(file);
  ContainerHeader header;
  header.format_id = "holovid";
  header.plugin_id = "org.holohost.holovid";
  header.stream = (*reader)->stream();
  std::vector<std::string> warnings;
  auto writer = create_matroska_file(**file, header, from, &warnings);
  INFO((writer ? "" : writer.error().message));
  REQUIRE(writer);
  for (;;) {
    auto frame = (*reader)->next();
    REQUIRE(frame);
    if (!frame->has_value()) break;
    const UnitInfo& info = (*frame)->info;
    REQUIRE((*writer)->begin_unit(info).ok());
    const std::vector<std::uint8_t> bytes(20, static_cast<std::uint8_t>(info.index));
    const holo_chunk chunk{sizeof(holo_chunk),
                           HOLO_FOURCC('f', 'r', 'a', 'm'),
                           info.index,
                           0,
                           info.index % 10 == 0 ? HOLO_CHUNK_KEY : 0u,
                           bytes.size()};
    const Status written = (*writer)->write(chunk, bytes);
    INFO((written.ok() ? "" : written.error().message));
    REQUIRE(written.ok());
  }
  const Status finished = (*writer)->finish();
  INFO((finished.ok() ? "" : finished.error().message));
  REQUIRE(finished.ok());
  REQUIRE((*file)->commit().ok());
  return warnings;
}

// Writes the frames of `pictures` with the streams of `carry`.
std::vector<std::string> make_video(const std::string& pictures, const std::string& carry,
                                    const std::string& to, const std::string& format) {
  auto reader = open_video_file(pictures);
  REQUIRE(reader);
  auto file = AtomicFile::create(to, true);
  REQUIRE(file);
  auto writer = create_video_file(**file, format, (*reader)->stream(), carry);
  INFO((writer ? "" : writer.error().message));
  REQUIRE(writer);
  for (;;) {
    auto frame = (*reader)->next();
    REQUIRE(frame);
    if (!frame->has_value()) break;
    REQUIRE((*writer)->push(**frame).ok());
  }
  const Status finished = (*writer)->finish();
  INFO((finished.ok() ? "" : finished.error().message));
  REQUIRE(finished.ok());
  REQUIRE((*file)->commit().ok());
  return {(*writer)->warnings().begin(), (*writer)->warnings().end()};
}

// Same bytes, and times that differ by no more than a millisecond's rounding.
void check_same(const std::vector<test::RawPacket>& a, const std::vector<test::RawPacket>& b) {
  REQUIRE_FALSE(a.empty());
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    CHECK(a[i].bytes == b[i].bytes);
    CHECK(std::llabs(a[i].pts - b[i].pts) <= 1000);
  }
}

TEST_CASE("Sound goes into a .holovid and out again, byte by byte and in step") {
  const Folder folder;
  const char* codec = GENERATE("flac", "pcm_s16le", "aac", "libopus");
  INFO(codec);
  Clip clip;
  clip.audio = codec;
  clip.frames = 60;
  make_clip(folder.file("a.mkv"), clip);
  make_holovid(folder.file("a.mkv"), folder.file("a.holovid"));
  const auto source = raw_packets(folder.file("a.mkv"), AVMEDIA_TYPE_AUDIO);
  check_same(source, raw_packets(folder.file("a.holovid"), AVMEDIA_TYPE_AUDIO));
  make_video(folder.file("a.mkv"), folder.file("a.holovid"), folder.file("b.mkv"), "mkv");
  check_same(source, raw_packets(folder.file("b.mkv"), AVMEDIA_TYPE_AUDIO));
  const auto before = raw_packets(folder.file("a.mkv"), AVMEDIA_TYPE_VIDEO);
  const auto coded = raw_packets(folder.file("a.holovid"), AVMEDIA_TYPE_VIDEO);
  const auto after = raw_packets(folder.file("b.mkv"), AVMEDIA_TYPE_VIDEO);
  REQUIRE(before.size() == coded.size());
  REQUIRE(before.size() == after.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    CHECK(std::llabs(before[i].pts - coded[i].pts) <= 1000);
    CHECK(std::llabs(before[i].pts - after[i].pts) <= 1000);
  }
}

TEST_CASE("Sound that starts before zero stays in step from MP4 over .holovid to MP4") {
  const Folder folder;
  Clip clip;
  clip.muxer = "mp4";
  clip.codec = "mpeg4";
  clip.audio = "aac";  // begins 1024 samples before zero
  clip.frames = 60;
  make_clip(folder.file("a.mp4"), clip);
  const auto source = raw_packets(folder.file("a.mp4"), AVMEDIA_TYPE_AUDIO);
  REQUIRE(source[0].pts < 0);
  make_holovid(folder.file("a.mp4"), folder.file("a.holovid"));
  const auto warnings =
      make_video(folder.file("a.mp4"), folder.file("a.holovid"), folder.file("b.mp4"), "mp4");
  CHECK(warnings.empty());
  check_same(source, raw_packets(folder.file("b.mp4"), AVMEDIA_TYPE_AUDIO));
  // Sound and pictures moved together inside the .holovid, if at all.
  const auto sound = raw_packets(folder.file("a.holovid"), AVMEDIA_TYPE_AUDIO);
  const auto pictures = raw_packets(folder.file("a.holovid"), AVMEDIA_TYPE_VIDEO);
  REQUIRE(sound.size() == source.size());
  for (std::size_t i = 0; i < sound.size(); ++i) CHECK(sound[i].bytes == source[i].bytes);
  CHECK(std::llabs((pictures[0].pts - sound[10].pts) - (0 - source[10].pts)) <= 1000);
}

TEST_CASE("Subtitles, attachments, chapters, tags and languages go along") {
  const Folder folder;
  Clip clip;
  clip.audio = "flac";
  clip.subtitles = true;
  clip.chapters = true;
  clip.attachment = true;
  clip.title = "A small film";
  make_clip(folder.file("a.mkv"), clip);
  const auto warnings = make_holovid(folder.file("a.mkv"), folder.file("a.holovid"));
  CHECK(warnings.empty());
  check_same(raw_packets(folder.file("a.mkv"), AVMEDIA_TYPE_SUBTITLE),
             raw_packets(folder.file("a.holovid"), AVMEDIA_TYPE_SUBTITLE));
  CHECK(make_video(folder.file("a.mkv"), folder.file("a.holovid"), folder.file("b.mkv"), "mkv")
            .empty());
  for (const std::string name : {"a.holovid", "b.mkv"}) {
    CHECK(test::tag_of(folder.file(name), "title") == "A small film");
    CHECK(test::chapter_count(folder.file(name)) == 2);
  }
  const auto reader = open_video_file(folder.file("b.mkv"));
  REQUIRE(reader);
  const auto carried = (*reader)->carried();
  REQUIRE(carried.size() == 3);
  CHECK(carried[0].kind == "audio");
  CHECK(carried[0].language == "deu");
  CHECK(carried[1].kind == "subtitle");
  CHECK(carried[1].language == "fra");
  CHECK(carried[2].kind == "attachment");
}

TEST_CASE("MP4 gets its own kind of text subtitles, and warns of what does not fit") {
  const Folder folder;
  Clip clip;
  clip.audio = "aac";
  clip.subtitles = true;
  clip.attachment = true;
  make_clip(folder.file("a.mkv"), clip);
  const auto warnings =
      make_video(folder.file("a.mkv"), folder.file("a.mkv"), folder.file("b.mp4"), "mp4");
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], Catch::Contains("attachment") && Catch::Contains(".mp4"));
  const auto reader = open_video_file(folder.file("b.mp4"));
  REQUIRE(reader);
  REQUIRE((*reader)->carried().size() == 2);
  CHECK((*reader)->carried()[1].codec == "mov_text");
  const auto texts = raw_packets(folder.file("b.mp4"), AVMEDIA_TYPE_SUBTITLE);
  const bool found = std::any_of(texts.begin(), texts.end(), [](const test::RawPacket& packet) {
    const std::string text(packet.bytes.begin(), packet.bytes.end());
    return text.find("two slanted") != std::string::npos && packet.pts >= 300000 &&
           packet.pts <= 325000;
  });
  CHECK(found);
  // And back: mov_text is none of Matroska's.
  CHECK(make_holovid(folder.file("b.mp4"), folder.file("b.holovid")).empty());
  const auto back = raw_packets(folder.file("b.holovid"), AVMEDIA_TYPE_SUBTITLE);
  REQUIRE(back.size() == 3);
  CHECK(std::string(back[0].bytes.begin(), back[0].bytes.end()) == "one");
}

TEST_CASE("Y4M says that it holds pictures only") {
  const Folder folder;
  Clip clip;
  clip.audio = "flac";
  make_clip(folder.file("a.mkv"), clip);
  const auto warnings =
      make_video(folder.file("a.mkv"), folder.file("a.mkv"), folder.file("b.y4m"), "y4m");
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], Catch::Contains("pictures only"));
}

}  // namespace
}  // namespace holo::media
