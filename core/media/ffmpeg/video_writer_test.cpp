// Writing: exact where it says so, playable where it says so, and no harm when it fails.
#include "core/media/ffmpeg/video_writer.hpp"

#include <catch2/catch.hpp>

#include "core/media/ffmpeg/clip.hpp"
#include "core/media/ffmpeg/video_reader.hpp"

namespace holo::media {
namespace {

using test::Clip;
using test::Folder;
using test::make_clip;

struct Copy {
  std::vector<std::string> warnings;
  Status status;
};

// Decodes one file and writes its frames into another.
Copy copy_video(const std::string& from, const std::string& to, const std::string& format,
                const std::string& carry = "") {
  auto reader = open_video_file(from);
  REQUIRE(reader);
  auto file = AtomicFile::create(to, true);
  REQUIRE(file);
  auto writer = create_video_file(**file, format, (*reader)->stream(), carry);
  if (!writer) return {{}, std::move(writer).error()};
  for (;;) {
    auto frame = (*reader)->next();
    REQUIRE(frame);
    if (!frame->has_value()) break;
    Status pushed = (*writer)->push(**frame);
    if (!pushed) return {{}, std::move(pushed)};
  }
  Status finished = (*writer)->finish();
  Copy copy{{(*writer)->warnings().begin(), (*writer)->warnings().end()}, std::move(finished)};
  if (copy.status.ok()) REQUIRE((*file)->commit().ok());
  return copy;
}

// Largest difference of any sample, after checking that everything else is the same.
int difference(const std::string& a, const std::string& b, bool same_ticks = true) {
  auto left = open_video_file(a);
  auto right = open_video_file(b);
  INFO((right ? "" : right.error().message));
  REQUIRE(left);
  REQUIRE(right);
  int most = 0;
  for (;;) {
    auto x = (*left)->next();
    auto y = (*right)->next();
    REQUIRE(x);
    REQUIRE(y);
    REQUIRE(x->has_value() == y->has_value());
    if (!x->has_value()) return most;
    UnitBuffer& p = **x;
    UnitBuffer& q = **y;
    if (same_ticks) CHECK(p.info.pts == q.info.pts);
    REQUIRE(p.plane_count() == q.plane_count());
    REQUIRE(p.image->bit_depth == q.image->bit_depth);
    for (std::size_t plane = 0; plane < p.plane_count(); ++plane) {
      REQUIRE(p.plane_width(plane) == q.plane_width(plane));
      for (int row = 0; row < p.plane_height(plane); ++row) {
        for (int i = 0; i < p.plane_width(plane) * bytes_per_sample(*p.image); ++i) {
          most = std::max(most, std::abs(p.plane(plane)[p.row_bytes(plane) * row + i] -
                                         q.plane(plane)[q.row_bytes(plane) * row + i]));
        }
      }
    }
  }
}

TEST_CASE("Matroska with FFV1 gives back every sample and time of every format") {
  const AVPixelFormat format =
      GENERATE(AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUV422P10, AV_PIX_FMT_YUV444P12, AV_PIX_FMT_GRAY16,
               AV_PIX_FMT_BGR0, AV_PIX_FMT_BGRA, AV_PIX_FMT_GBRP12, AV_PIX_FMT_YUVA420P10);
  const Folder folder;
  Clip clip;
  clip.format = format;
  clip.width = 51;
  clip.time_base = {1, 1000};
  clip.rate = {0, 1};
  clip.times = {0, 40, 90, 91, 200};
  clip.frames = 5;
  clip.matrix = format == AV_PIX_FMT_YUV420P ? AVCOL_SPC_SMPTE170M : AVCOL_SPC_UNSPECIFIED;
  make_clip(folder.file("a.mkv"), clip);
  const Copy copy = copy_video(folder.file("a.mkv"), folder.file("b.mkv"), "mkv");
  INFO((copy.status.ok() ? "" : copy.status.error().message));
  REQUIRE(copy.status.ok());
  CHECK(copy.warnings.empty());
  CHECK(difference(folder.file("a.mkv"), folder.file("b.mkv")) == 0);
  const auto before = open_video_file(folder.file("a.mkv"));
  const auto after = open_video_file(folder.file("b.mkv"));
  CHECK((*before)->stream().image->matrix == (*after)->stream().image->matrix);
  CHECK((*before)->stream().image->full_range == (*after)->stream().image->full_range);
}

TEST_CASE("MP4 keeps exact times, the rotation and nearly the picture, with its index in front") {
  const Folder folder;
  Clip clip;
  clip.muxer = "mp4";
  clip.codec = "libx264";
  clip.time_base = {1, 90000};
  clip.rate = {0, 1};
  clip.times = {0, 3003, 7000, 9009, 20000, 21000};
  clip.frames = 6;
  clip.turn = 90;
  make_clip(folder.file("a.mp4"), clip);
  const Copy copy = copy_video(folder.file("a.mp4"), folder.file("b.mp4"), "mp4");
  REQUIRE(copy.status.ok());
  CHECK(copy.warnings.empty());
  CHECK(difference(folder.file("a.mp4"), folder.file("b.mp4")) < 40);
  const auto after = open_video_file(folder.file("b.mp4"));
  CHECK((*after)->stream().image->orientation == 6);
  const auto bytes = test::file_bytes(folder.file("b.mp4"));
  const std::string text(bytes.begin(), bytes.end());
  CHECK(text.find("moov") < text.find("mdat"));
}

TEST_CASE("A frame of another format than the first is refused") {
  const Folder folder;
  const AVPixelFormat other =
      GENERATE(AV_PIX_FMT_YUV422P, AV_PIX_FMT_YUVA420P, AV_PIX_FMT_YUV420P10, AV_PIX_FMT_GRAY8);
  Clip clip;
  make_clip(folder.file("a.mkv"), clip);
  clip.format = other;
  make_clip(folder.file("b.mkv"), clip);
  auto first = open_video_file(folder.file("a.mkv"));
  auto second = open_video_file(folder.file("b.mkv"));
  REQUIRE(first);
  REQUIRE(second);
  const auto* const target = GENERATE("mkv", "y4m");
  auto file = AtomicFile::create(folder.file("c"), true);
  REQUIRE(file);
  auto writer = create_video_file(**file, target, (*first)->stream(), "");
  REQUIRE(writer);
  auto frame = (*first)->next();
  REQUIRE((*writer)->push(**frame).ok());
  frame = (*second)->next();
  REQUIRE(frame);
  (*frame)->info.pts = 1000000;
  const Status refused = (*writer)->push(**frame);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == HOLO_INVALID_ARG);
}

TEST_CASE("MP4 says what it cannot hold, and pads odd sizes") {
  const Folder folder;
  Clip clip;
  clip.format = AV_PIX_FMT_YUV422P10;
  clip.width = 51;
  clip.height = 33;
  make_clip(folder.file("a.mkv"), clip);
  const Copy copy = copy_video(folder.file("a.mkv"), folder.file("b.mp4"), "mp4");
  REQUIRE(copy.status.ok());
  REQUIRE(copy.warnings.size() == 2);
  CHECK_THAT(copy.warnings[0], Catch::Contains("10-bit") && Catch::Contains(".mkv"));
  CHECK_THAT(copy.warnings[1], Catch::Contains("odd"));
  const auto after = open_video_file(folder.file("b.mp4"));
  REQUIRE(after);
  CHECK((*after)->stream().image->width == 52);
  CHECK((*after)->stream().image->height == 34);
  CHECK((*after)->stream().image->bit_depth == 8);
}

TEST_CASE("Y4M is exact, and FFmpeg reads it back") {
  const AVPixelFormat format =
      GENERATE(AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUV422P, AV_PIX_FMT_YUV444P10, AV_PIX_FMT_YUV420P12);
  const Folder folder;
  Clip clip;
  clip.format = format;
  clip.width = 35;
  make_clip(folder.file("a.mkv"), clip);
  const Copy copy = copy_video(folder.file("a.mkv"), folder.file("b.y4m"), "y4m");
  REQUIRE(copy.status.ok());
  CHECK(copy.warnings.empty());
  CHECK(difference(folder.file("a.mkv"), folder.file("b.y4m"), false) == 0);
  const auto after = open_video_file(folder.file("b.y4m"));
  CHECK((*after)->stream().frame_rate.num == 25);
}

TEST_CASE("Y4M warns of uneven times and refuses what it cannot say") {
  const Folder folder;
  Clip clip;
  clip.time_base = {1, 1000};
  clip.rate = {0, 1};
  clip.times = {0, 40, 90, 300};
  clip.frames = 4;
  make_clip(folder.file("a.mkv"), clip);
  const Copy copy = copy_video(folder.file("a.mkv"), folder.file("b.y4m"), "y4m");
  REQUIRE(copy.status.ok());
  REQUIRE(copy.warnings.size() == 1);
  CHECK_THAT(copy.warnings[0], Catch::Contains("evenly"));
  clip.format = AV_PIX_FMT_BGR0;
  make_clip(folder.file("a.mkv"), clip);
  const Copy refused = copy_video(folder.file("a.mkv"), folder.file("c.y4m"), "y4m");
  REQUIRE_FALSE(refused.status.ok());
  CHECK(refused.status.error().code == HOLO_UNSUPPORTED);
}

TEST_CASE("A turned picture is written upright where the format has no place for the turn") {
  const Folder folder;
  Clip clip;
  clip.muxer = "mp4";
  clip.codec = "mpeg4";
  clip.turn = 90;
  make_clip(folder.file("a.mp4"), clip);
  for (const std::string format : {"mkv", "y4m"}) {
    const std::string out = folder.file("b." + format);
    const Copy copy = copy_video(folder.file("a.mp4"), out, format);
    REQUIRE(copy.status.ok());
    REQUIRE_FALSE(copy.warnings.empty());
    CHECK_THAT(copy.warnings[0], Catch::Contains("upright"));
    const auto after = open_video_file(out);
    REQUIRE(after);
    CHECK((*after)->stream().image->width == 48);
    CHECK((*after)->stream().image->height == 64);
  }
}

TEST_CASE("The same frames give the same bytes") {
  const Folder folder;
  Clip clip;
  clip.audio = "aac";
  make_clip(folder.file("a.mkv"), clip);
  for (const std::string format : {"mkv", "mp4", "y4m"}) {
    REQUIRE(copy_video(folder.file("a.mkv"), folder.file("1"), format, folder.file("a.mkv"))
                .status.ok());
    REQUIRE(copy_video(folder.file("a.mkv"), folder.file("2"), format, folder.file("a.mkv"))
                .status.ok());
    CHECK(test::file_bytes(folder.file("1")) == test::file_bytes(folder.file("2")));
  }
}

TEST_CASE("A full disk is an error and leaves nothing behind") {
  const Folder folder;
  Clip clip;
  make_clip(folder.file("a.mkv"), clip);
  for (const std::string format : {"mkv", "mp4", "y4m"}) {
    INFO(format);
    const Copy copy = copy_video(folder.file("a.mkv"), "/dev/full", format);
    REQUIRE_FALSE(copy.status.ok());
    CHECK(copy.status.error().code == HOLO_IO);
    CHECK_THAT(copy.status.error().message, Catch::Contains("space"));
    CHECK(copy_video(folder.file("a.mkv"), "/dev/null", format).status.ok());
  }
  CHECK(folder.entries() == 1);
}

}  // namespace
}  // namespace holo::media
