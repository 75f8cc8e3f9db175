// Reading: samples, times, tags, and every way a file can be wrong.
#include "core/media/ffmpeg/video_reader.hpp"

#include <catch2/catch.hpp>

#include "core/media/ffmpeg/clip.hpp"

namespace holo::media {
namespace {

using test::Clip;
using test::Folder;
using test::make_clip;
using test::pattern;

struct Frames {
  StreamInfo stream;
  std::vector<UnitInfo> units;
  std::vector<UnitBuffer> buffers;
};

Frames read_frames(const std::string& path) {
  auto reader = open_video_file(path);
  INFO((reader ? "" : reader.error().message));
  REQUIRE(reader);
  Frames frames{(*reader)->stream(), {}, {}};
  for (;;) {
    auto frame = (*reader)->next();
    INFO((frame ? "" : frame.error().message));
    REQUIRE(frame);
    if (!frame->has_value()) return frames;
    frames.units.push_back((*frame)->info);
    frames.buffers.push_back(std::move(**frame));
  }
}

unsigned sample(const UnitBuffer& unit, std::size_t plane, int x, int y) {
  const std::uint8_t* row = unit.plane(plane) + unit.row_bytes(plane) * y;
  if (unit.image->bit_depth <= 8) return row[x];
  return row[2 * x] | static_cast<unsigned>(row[2 * x + 1]) << 8;
}

bool matches_pattern(const UnitBuffer& unit, int index) {
  for (std::size_t plane = 0; plane < unit.plane_count(); ++plane) {
    for (int y = 0; y < unit.plane_height(plane); ++y) {
      for (int x = 0; x < unit.plane_width(plane); ++x) {
        if (sample(unit, plane, x, y) !=
            pattern(index, static_cast<int>(plane), x, y, unit.image->bit_depth)) {
          return false;
        }
      }
    }
  }
  return true;
}

// The first error that reading the whole file gives, or "".
std::string failure_of(const std::string& path, holo_status* code = nullptr) {
  auto reader = open_video_file(path);
  if (!reader) {
    if (code != nullptr) *code = reader.error().code;
    return reader.error().message;
  }
  for (;;) {
    auto frame = (*reader)->next();
    if (!frame) {
      if (code != nullptr) *code = frame.error().code;
      return frame.error().message;
    }
    if (!frame->has_value()) return "";
  }
}

struct Format {
  AVPixelFormat format;
  int model, alpha, depth, shift_x, shift_y;
};

TEST_CASE("Every planar and packed format gives its samples exactly") {
  const Format row = GENERATE(Format{AV_PIX_FMT_YUV420P, HOLO_YCBCR, 0, 8, 1, 1},
                              Format{AV_PIX_FMT_YUV422P, HOLO_YCBCR, 0, 8, 1, 0},
                              Format{AV_PIX_FMT_YUV444P, HOLO_YCBCR, 0, 8, 0, 0},
                              Format{AV_PIX_FMT_YUV422P10, HOLO_YCBCR, 0, 10, 1, 0},
                              Format{AV_PIX_FMT_YUV420P12, HOLO_YCBCR, 0, 12, 1, 1},
                              Format{AV_PIX_FMT_YUVA444P, HOLO_YCBCR, 1, 8, 0, 0},
                              Format{AV_PIX_FMT_GRAY8, HOLO_GRAY, 0, 8, 0, 0},
                              Format{AV_PIX_FMT_GRAY16, HOLO_GRAY, 0, 16, 0, 0},
                              Format{AV_PIX_FMT_BGR0, HOLO_RGB, 0, 8, 0, 0},
                              Format{AV_PIX_FMT_GBRP10, HOLO_RGB, 0, 10, 0, 0});
  const Folder folder;
  Clip clip;
  clip.format = row.format;
  clip.width = 37;
  clip.height = 23;
  clip.frames = 4;
  make_clip(folder.file("a.mkv"), clip);
  const Frames frames = read_frames(folder.file("a.mkv"));
  REQUIRE(frames.buffers.size() == 4);
  const holo_image& image = *frames.stream.image;
  CHECK(image.width == 37);
  CHECK(image.height == 23);
  CHECK(image.model == row.model);
  CHECK(image.has_alpha == row.alpha);
  CHECK(image.bit_depth == row.depth);
  CHECK(image.chroma_shift_x == row.shift_x);
  CHECK(image.chroma_shift_y == row.shift_y);
  for (int i = 0; i < 4; ++i)
    CHECK(matches_pattern(frames.buffers[static_cast<std::size_t>(i)], i));
}

TEST_CASE("A constant rate is found, and times and durations are the file's own ticks") {
  const Folder folder;
  Clip clip;
  clip.muxer = "mp4";
  clip.codec = "libx264";
  clip.time_base = {1001, 30000};
  clip.rate = {30000, 1001};
  clip.frames = 30;
  make_clip(folder.file("a.mp4"), clip);
  const Frames frames = read_frames(folder.file("a.mp4"));
  CHECK(frames.stream.time_base.num == 1);
  CHECK(frames.stream.time_base.den == 30000);
  CHECK(frames.stream.frame_rate.num == 30000);
  CHECK(frames.stream.frame_rate.den == 1001);
  CHECK(frames.stream.unit_count == 30);
  REQUIRE(frames.units.size() == 30);
  for (std::size_t i = 0; i < 30; ++i) {
    CHECK(frames.units[i].index == i);
    CHECK(frames.units[i].pts == static_cast<std::int64_t>(1001 * i));
    CHECK(frames.units[i].duration == 1001);
  }
}

TEST_CASE("Variable frame times and a late start are kept, and the rate says that it varies") {
  const Folder folder;
  Clip clip;
  clip.time_base = {1, 1000};
  clip.rate = {0, 1};
  clip.times = {500, 540, 560, 700, 1300, 1310, 1400};
  clip.frames = 7;
  make_clip(folder.file("a.mkv"), clip);
  const Frames frames = read_frames(folder.file("a.mkv"));
  CHECK(frames.stream.frame_rate.num == 0);
  REQUIRE(frames.units.size() == 7);
  for (std::size_t i = 0; i < 7; ++i) {
    CHECK(frames.units[i].pts == clip.times[i]);
    if (i + 1 < 7) CHECK(frames.units[i].duration == clip.times[i + 1] - clip.times[i]);
  }
}

TEST_CASE("Frames that were stored out of order come in presentation order") {
  const Folder folder;
  Clip clip;
  clip.muxer = "mp4";
  clip.codec = "mpeg4";
  clip.frames = 12;
  make_clip(folder.file("a.mp4"), clip);
  const Frames frames = read_frames(folder.file("a.mp4"));
  REQUIRE(frames.units.size() == 12);
  for (std::size_t i = 1; i < 12; ++i) CHECK(frames.units[i].pts > frames.units[i - 1].pts);
}

TEST_CASE("Colour tags and rotation come through") {
  const Folder folder;
  Clip clip;
  clip.muxer = "mp4";
  clip.codec = "libx264";
  clip.matrix = AVCOL_SPC_BT709;
  clip.range = AVCOL_RANGE_JPEG;
  const std::pair<int, int> turns[] = {{0, 1}, {90, 6}, {180, 3}, {270, 8}};
  for (const auto& [degrees, orientation] : turns) {
    clip.turn = degrees;
    make_clip(folder.file("a.mp4"), clip);
    const auto reader = open_video_file(folder.file("a.mp4"));
    REQUIRE(reader);
    const holo_image& image = *(*reader)->stream().image;
    CHECK(image.orientation == orientation);
    CHECK(image.matrix == 1);
    CHECK(image.full_range == 1);
    CHECK(image.width == 64);
  }
}

TEST_CASE("Carried streams are listed") {
  const Folder folder;
  Clip clip;
  clip.audio = "flac";
  clip.subtitles = true;
  make_clip(folder.file("a.mkv"), clip);
  const auto reader = open_video_file(folder.file("a.mkv"));
  REQUIRE(reader);
  REQUIRE((*reader)->carried().size() == 2);
  CHECK((*reader)->carried()[0].kind == "audio");
  CHECK((*reader)->carried()[0].codec == "flac");
  CHECK((*reader)->carried()[0].language == "deu");
  CHECK((*reader)->carried()[1].kind == "subtitle");
  CHECK((*reader)->carried()[1].codec == "subrip");
}

TEST_CASE("A change of size in the middle is refused with its time") {
  const Folder folder;
  Clip clip;
  clip.codec = "mjpeg";
  clip.format = AV_PIX_FMT_YUVJ420P;
  clip.muxer = "mjpeg";
  make_clip(folder.file("a.mjpeg"), clip);
  clip.width = 80;
  make_clip(folder.file("b.mjpeg"), clip);
  auto bytes = test::file_bytes(folder.file("a.mjpeg"));
  const auto more = test::file_bytes(folder.file("b.mjpeg"));
  bytes.insert(bytes.end(), more.begin(), more.end());
  test::write_bytes(folder.file("c.mjpeg"), bytes);
  holo_status code = HOLO_OK;
  const std::string message = failure_of(folder.file("c.mjpeg"), &code);
  CHECK(code == HOLO_UNSUPPORTED);
  CHECK_THAT(message, Catch::Contains("64x48") && Catch::Contains("80x48"));
}

TEST_CASE("Files without video, without bytes, and of other kinds give clear errors") {
  const Folder folder;
  holo_status code = HOLO_OK;
  CHECK_THAT(failure_of(folder.file("none.mkv"), &code), Catch::Contains("none.mkv"));
  CHECK(code == HOLO_IO);
  test::write_bytes(folder.file("empty.mkv"), {});
  CHECK_THAT(failure_of(folder.file("empty.mkv"), &code), Catch::Contains("empty"));
  CHECK(code == HOLO_IO);
  test::write_bytes(folder.file("noise.mkv"), std::vector<std::uint8_t>(5000, 0x5a));
  CHECK_THAT(failure_of(folder.file("noise.mkv"), &code), Catch::Contains("not a video"));
  CHECK(code == HOLO_CORRUPT);
  const std::string list = "ffconcat version 1.0\nfile '/etc/passwd'\n";
  test::write_bytes(folder.file("list.txt"), {list.begin(), list.end()});
  CHECK_FALSE(failure_of(folder.file("list.txt"), &code).empty());
}

TEST_CASE("A file cut anywhere is refused, in MP4 and in Matroska") {
  const Folder folder;
  const bool mp4 = GENERATE(true, false);
  Clip clip;
  clip.muxer = mp4 ? "mp4" : "matroska";
  clip.codec = mp4 ? "mpeg4" : "ffv1";
  clip.frames = 75;
  clip.audio = mp4 ? "aac" : "flac";
  const std::string whole = folder.file("a");
  make_clip(whole, clip);
  CHECK(failure_of(whole).empty());
  const auto bytes = test::file_bytes(whole);
  for (const double part : {0.02, 0.2, 0.5, 0.7, 0.8}) {
    auto cut = bytes;
    cut.resize(static_cast<std::size_t>(static_cast<double>(bytes.size()) * part));
    test::write_bytes(folder.file("cut"), cut);
    holo_status code = HOLO_OK;
    const std::string message = failure_of(folder.file("cut"), &code);
    INFO(part << ": " << message);
    CHECK(code == HOLO_CORRUPT);
    CHECK_FALSE(message.empty());
  }
}

TEST_CASE("A flipped bit in a coded frame is an error with its time, not a concealed frame") {
  const Folder folder;
  Clip clip;
  clip.frames = 30;
  make_clip(folder.file("a.mkv"), clip);
  auto bytes = test::file_bytes(folder.file("a.mkv"));
  bytes[bytes.size() / 2] ^= 0x10;
  test::write_bytes(folder.file("a.mkv"), bytes);
  holo_status code = HOLO_OK;
  CHECK_THAT(failure_of(folder.file("a.mkv"), &code), Catch::Contains(" s"));
  CHECK(code == HOLO_CORRUPT);
}

}  // namespace
}  // namespace holo::media
