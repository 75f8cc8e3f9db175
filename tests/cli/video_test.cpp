// Video through the command line: frames, sound, subtitles, time.
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/cli/cli.hpp"

using namespace holo::test;
using nlohmann::json;

namespace {

json parsed(const Outcome& outcome) {
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  json object = json::parse(outcome.out, nullptr, false);
  REQUIRE(object.is_object());
  return object;
}

// One line a packet of a file's first stream of a kind, as ffprobe sees it: checksum or times.
std::string packets(const Workspace& work, const std::string& file, const std::string& stream,
                    const std::string& entries) {
  const Outcome outcome = work.program({"ffprobe", "-v", "error", "-select_streams", stream,
                                        "-show_packets", "-show_data_hash", "md5", "-show_entries",
                                        "packet=" + entries, "-of", "csv=p=0", file});
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  return outcome.out;
}

}  // namespace

TEST_CASE("a clip with sound and subtitles goes in and comes out") {
  if (!have_ffmpeg()) {
    WARN("skipped: ffmpeg is not installed");
    return;
  }
  Workspace work;
  work.write_clip("plain.mkv", 96, 64, 50, {"-c:v", "ffv1", "-pix_fmt", "yuv420p", "-c:a", "aac"});
  std::ofstream(work.path("words.srt")) << "1\n00:00:00,200 --> 00:00:01,000\nhello\n";
  REQUIRE(work.program({"ffmpeg", "-v", "error", "-i", "plain.mkv", "-i", "words.srt", "-c", "copy",
                        "-c:s", "srt", "in.mkv"})
              .exit_code == 0);

  const json encoded =
      parsed(work.holohost({"encode", "--codec", "holovid", "in.mkv", "-p", "gop=16", "--json"}));
  CHECK(encoded["units"] == 50);
  CHECK(encoded["output"] == "in.holovid");
  const json info = parsed(work.holohost({"info", "in.holovid", "--json"}));
  CHECK(info["format"] == "holovid");
  CHECK(info["media"]["frames"] == 50);
  CHECK(info["media"]["fps"].get<double>() == Approx(25));
  CHECK(info["media"]["width"] == 96);
  CHECK(info["intact"] == true);

  const json compared = parsed(work.holohost({"compare", "in.mkv", "in.holovid", "--json"}));
  CHECK(compared["units"] == 50);
  CHECK(compared["psnr_y"].get<double>() > 25);

  REQUIRE(work.holohost({"decode", "in.holovid", "-o", "out.mkv"}).exit_code == 0);
  for (const char* stream : {"a:0", "s:0"}) {
    CAPTURE(stream);
    CHECK(packets(work, "in.mkv", stream, "data_hash") ==
          packets(work, "in.holovid", stream, "data_hash"));
    CHECK(packets(work, "in.mkv", stream, "data_hash,pts_time") ==
          packets(work, "out.mkv", stream, "data_hash,pts_time"));
  }
  CHECK(packets(work, "in.mkv", "v:0", "pts_time") == packets(work, "out.mkv", "v:0", "pts_time"));
  REQUIRE(work.program({"ffmpeg", "-v", "error", "-i", "in.holovid", "-map", "0:a", "-c", "copy",
                        "sound.mka"})
              .exit_code == 0);
  const Outcome mp4 = work.holohost({"decode", "in.holovid", "-o", "out.mp4"});
  INFO(mp4.err);
  CHECK(mp4.exit_code == 0);
}

TEST_CASE("a frame rendered by number or time equals the decoded one and reads less") {
  if (!have_ffmpeg()) {
    WARN("skipped: ffmpeg is not installed");
    return;
  }
  Workspace work;
  // Large enough that the container reader's fixed costs do not decide.
  work.write_clip("in.mkv", 320, 192, 75, {"-an", "-c:v", "ffv1", "-pix_fmt", "yuv420p"});
  REQUIRE(work.holohost({"encode", "in.mkv", "-o", "x.holovid", "-p", "gop=10"}).exit_code == 0);
  REQUIRE(work.holohost({"decode", "x.holovid", "-o", "all.mkv"}).exit_code == 0);
  REQUIRE(work.program({"ffmpeg", "-v", "error", "-i", "all.mkv", "-vf", "select=eq(n\\,33)",
                        "-fps_mode", "passthrough", "-c:v", "ffv1", "one.mkv"})
              .exit_code == 0);
  const json by_number =
      parsed(work.holohost({"render", "x.holovid", "--frame", "33", "-o", "n.png", "--json"}));
  CHECK(by_number["unit"] == 33);
  CHECK(by_number["bytes_read"].get<std::uint64_t>() * 2 <
        std::filesystem::file_size(work.path("x.holovid")));
  const json by_time =
      parsed(work.holohost({"render", "x.holovid", "--time", "1.33", "-o", "t.png", "--json"}));
  CHECK(by_time["unit"] == 33);
  CHECK(read_file(work.path("n.png")) == read_file(work.path("t.png")));
  const json last =
      parsed(work.holohost({"render", "x.holovid", "--frame", "74", "-o", "last.png", "--json"}));
  CHECK(last["width"] == 320);
  CHECK(work.holohost({"render", "x.holovid", "--frame", "75", "-o", "no.png"}).exit_code != 0);
}

TEST_CASE("threads change neither the bytes nor the frames of a video") {
  if (!have_ffmpeg()) {
    WARN("skipped: ffmpeg is not installed");
    return;
  }
  Workspace work;
  work.write_clip("in.mkv", 80, 48, 40, {"-an", "-c:v", "ffv1", "-pix_fmt", "yuv422p10le"});
  for (const char* jobs : {"1", "3"}) {
    const std::string name = std::string("j") + jobs;
    REQUIRE(work.holohost({"encode", "in.mkv", "-o", name + ".holovid", "-p", "gop=8", "-j", jobs})
                .exit_code == 0);
    REQUIRE(
        work.holohost({"decode", name + ".holovid", "-o", name + ".y4m", "-j", jobs}).exit_code ==
        0);
  }
  CHECK(read_file(work.path("j1.holovid")) == read_file(work.path("j3.holovid")));
  CHECK(read_file(work.path("j1.y4m")) == read_file(work.path("j3.y4m")));
}

TEST_CASE("truncated video is an error that leaves nothing") {
  if (!have_ffmpeg()) {
    WARN("skipped: ffmpeg is not installed");
    return;
  }
  Workspace work;
  work.write_clip("in.mp4", 96, 64, 25, {"-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac"});
  auto bytes = read_file(work.path("in.mp4"));
  bytes.resize(bytes.size() / 2);
  write_file(work.path("cut.mp4"), bytes);
  const auto before = work.files();
  const Outcome outcome = work.holohost({"encode", "cut.mp4", "-o", "out.holovid"});
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.err.find("cut.mp4") != std::string::npos);
  CHECK(work.files() == before);
}

TEST_CASE("a holovid file that was cut still renders what is left") {
  if (!have_ffmpeg()) {
    WARN("skipped: ffmpeg is not installed");
    return;
  }
  Workspace work;
  work.write_clip("in.mkv", 96, 64, 60, {"-an", "-c:v", "ffv1", "-pix_fmt", "yuv420p"});
  REQUIRE(work.holohost({"encode", "in.mkv", "-o", "x.holovid", "-p", "gop=10"}).exit_code == 0);
  auto bytes = read_file(work.path("x.holovid"));
  bytes.resize(bytes.size() * 2 / 3);
  write_file(work.path("cut.holovid"), bytes);
  const json info = parsed(work.holohost({"info", "cut.holovid", "--json"}));
  CHECK(info["intact"] == false);
  CHECK(work.holohost({"render", "cut.holovid", "--frame", "3", "-o", "f.png"}).exit_code == 0);
  const Outcome decoded = work.holohost({"decode", "cut.holovid", "-o", "cut.y4m"});
  CHECK(decoded.exit_code == 0);
  CHECK(decoded.err.find("damaged or cut short") != std::string::npos);
}

TEST_CASE("targets hold for a whole video") {
  if (!have_ffmpeg()) {
    WARN("skipped: ffmpeg is not installed");
    return;
  }
  Workspace work;
  work.write_clip("in.mkv", 96, 64, 12, {"-an", "-c:v", "ffv1", "-pix_fmt", "yuv420p"});
  const json judged = parsed(
      work.holohost({"encode", "in.mkv", "-o", "q.holovid", "--target", "psnr=34", "--json"}));
  const json compared = parsed(work.holohost({"compare", "in.mkv", "q.holovid", "--json"}));
  CHECK(compared["psnr_y"].get<double>() >= 34);
  CHECK(compared["psnr_y"] == judged["target"]["reached"]);
  const json thin = parsed(
      work.holohost({"encode", "in.mkv", "-o", "b.holovid", "--target", "bpp=0.6", "--json"}));
  CHECK(thin["target"]["reached"].get<double>() <= 0.6);
  CHECK(8 * static_cast<double>(std::filesystem::file_size(work.path("b.holovid"))) <=
        0.6 * 96 * 64 * 12);
}
