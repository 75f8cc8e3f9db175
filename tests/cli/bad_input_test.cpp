// Bad input and full disks: a clear error, the right exit code, and nothing left behind.
#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>

#include "tests/cli/cli.hpp"

using namespace holo::test;

namespace {

bool says(const Outcome& outcome, const std::string& text) {
  return outcome.err.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("usage errors exit with 2 and suggest the right word") {
  Workspace work;
  work.write_png("in.png", 32, 32);
  struct Case {
    std::vector<std::string> words;
    std::string says;
  };
  const Case cases[] = {
      {{"encod", "in.png"}, "did you mean 'encode'"},
      {{"encode", "in.png", "--cdec", "x"}, "did you mean '--codec'"},
      {{"encode", "in.png", "--codec", "holo-imag"}, "holo-image"},
      {{"encode", "in.png", "-p", "qualty=3"}, "quality"},
      {{"encode", "in.png", "-p", "quality=101"}, "0..100"},
      {{"encode", "in.png", "-p", "quality=high"}, "quality"},
      {{"encode", "in.png", "-p", "quality"}, "key=value"},
      {{"encode"}, "one input file"},
      {{"encode", "a", "b"}, "found 2"},
      {{"render", "in.holo"}, "-o"},
      {{"render", "in.holo", "-o", "x.png", "--region", "1,2,3"}, "X,Y,W,H"},
      {{"decode", "in.holo", "-o", "x.png", "-j", "many"}, "whole number"},
      {{"encode", "in.png", "-j", "1", "-j", "2"}, "more than once"},
      {{"encode", "--codec", "holo-imag", "--help"}, "holo-image"},
      {{"analyze", "in.png", "-a", "df-analyzer", "--html", "-", "--json"}, "standard output"},
      {{"bench"}, "expected 'images' or 'memory'"},
      {{"bench", "video"}, "not in this build"},
      {{"lm"}, "expected one of generate"},
  };
  for (const Case& each : cases) {
    CAPTURE(each.words);
    const Outcome outcome = work.holohost(each.words);
    CHECK(outcome.exit_code == 2);
    CAPTURE(outcome.err);
    CHECK(says(outcome, each.says));
    if (each.words.back() != "--help") CHECK(outcome.out.empty());
  }
  CHECK(work.files() == std::vector<std::string>{"in.png"});
}

TEST_CASE("inputs that cannot be read exit with 1 and leave nothing") {
  Workspace work;
  work.write_png("good.png", 64, 64);
  std::filesystem::create_directory(work.path("folder"));
  std::ofstream(work.path("empty.png"));
  std::ofstream(work.path("text.mp4")) << "this is not a video at all, just some words\n";
  auto bytes = read_file(work.path("good.png"));
  bytes.resize(bytes.size() / 2);
  write_file(work.path("cut.png"), bytes);
  // A PNG that claims 100000 x 100000 in its header.
  bytes = read_file(work.path("good.png"));
  for (const std::size_t at : {16u, 20u}) {
    bytes[at] = 0;
    bytes[at + 1] = 1;
    bytes[at + 2] = 0x86;
    bytes[at + 3] = 0xA0;
  }
  write_file(work.path("huge.png"), bytes);
  for (std::size_t at = 16; at < 24; ++at) bytes[at] = 0;
  write_file(work.path("zero.png"), bytes);
  const auto before = work.files();
  for (const char* name :
       {"missing.png", "folder", "empty.png", "text.mp4", "cut.png", "huge.png", "zero.png"}) {
    CAPTURE(name);
    const Outcome outcome = work.holohost({"encode", name, "-o", "out.holo"});
    CHECK(outcome.exit_code == 1);
    CHECK(says(outcome, name));
    CHECK(work.files() == before);
  }
  for (const char* verb : {"info", "decode", "render"}) {
    CAPTURE(verb);
    std::vector<std::string> words = {verb, "good.png"};
    if (std::string(verb) != "info") words.insert(words.end(), {"-o", "out.png"});
    const Outcome outcome = work.holohost(words);
    CHECK(outcome.exit_code == 1);
    CHECK(says(outcome, "not a .holo"));
  }
  CHECK(work.files() == before);
}

TEST_CASE("nothing is overwritten without -f") {
  Workspace work;
  work.write_png("in.png", 32, 32);
  std::ofstream(work.path("out.holo")) << "precious";
  const Outcome refused = work.holohost({"encode", "in.png", "-o", "out.holo"});
  CHECK(refused.exit_code == 1);
  CHECK(says(refused, "-f"));
  CHECK(read_file(work.path("out.holo")).size() == 8);
  CHECK(work.holohost({"encode", "in.png", "-o", "out.holo", "-f"}).exit_code == 0);
  CHECK(read_file(work.path("out.holo")).size() > 8);
  CHECK(work.holohost({"encode", "in.png", "-o", "in.png", "-f", "--codec", "holo-image"})
            .exit_code == 2);
}

TEST_CASE("a full disk is an error and leaves nothing") {
  Workspace work;
  work.write_png("in.png", 256, 256);
  REQUIRE(work.holohost({"encode", "in.png"}).exit_code == 0);
  CHECK(work.holohost({"encode", "in.png", "-o", "/dev/full", "--codec", "holo-image"}).exit_code ==
        1);
  CHECK(work.holohost({"decode", "in.holo", "-o", "/dev/full", "--format", "png"}).exit_code == 1);
  for (const char* words : {"decode in.holo -o - --format ppm", "info in.holo",
                            "info in.holo --json", "plugins list", "--help"}) {
    CAPTURE(words);
    CHECK(work.shell("holohost " + std::string(words) + " > /dev/full").exit_code == 1);
  }
  CHECK(work.files() == std::vector<std::string>{"in.holo", "in.png"});
}

TEST_CASE("closed standard streams do not leak talk into the output") {
  Workspace work;
  work.write_png("in.png", 64, 64);
  REQUIRE(work.holohost({"encode", "in.png", "-o", "a.holo"}).exit_code == 0);
  CHECK(work.shell("holohost encode in.png -o b.holo -v <&- >&- 2>&-").exit_code == 0);
  CHECK(read_file(work.path("a.holo")) == read_file(work.path("b.holo")));
}

TEST_CASE("without a folder for temporary files, streams are an error, not a crash") {
  Workspace work;
  work.write_png("in.png", 64, 64);
  const Outcome in = work.shell("TMPDIR=/nonexistent holohost encode - -o x.holo < in.png");
  CHECK(in.exit_code == 1);
  CHECK(says(in, "TMPDIR"));
  CHECK(work.shell("TMPDIR=/nonexistent holohost encode in.png -o -").exit_code == 1);
  CHECK(work.files() == std::vector<std::string>{"in.png"});
}

TEST_CASE("a damaged .holo is reported, not crashed over") {
  Workspace work;
  work.write_png("in.png", 96, 64);
  REQUIRE(work.holohost({"encode", "in.png", "-o", "x.holo"}).exit_code == 0);
  const auto whole = read_file(work.path("x.holo"));
  // In-process tests flip every byte; here a sample goes through the whole program.
  for (std::size_t at = 0; at < whole.size(); at += whole.size() / 24 + 1) {
    CAPTURE(at);
    auto bytes = whole;
    bytes[at] ^= 0x41;
    write_file(work.path("bad.holo"), bytes);
    const Outcome outcome = work.holohost({"decode", "bad.holo", "-o", "bad.png", "-f"});
    CHECK((outcome.exit_code == 0 || outcome.exit_code == 1));
    bytes = whole;
    bytes.resize(at);
    write_file(work.path("cut.holo"), bytes);
    const Outcome cut = work.holohost({"decode", "cut.holo", "-o", "cut.png", "-f"});
    CHECK((cut.exit_code == 0 || cut.exit_code == 1));
  }
}

TEST_CASE("a signal stops an encode without leaving a partial file") {
  Workspace work;
  work.write_png("in.png", 4000, 3000);
  const Outcome outcome = work.shell(
      "holohost encode in.png -o out.holo & job=$!; sleep 0.15; kill -INT $job; wait $job");
  // A machine fast enough to be done already is no failure of the program.
  CHECK((outcome.exit_code == 130 || outcome.exit_code == 0));
  if (outcome.exit_code == 130) CHECK(work.files() == std::vector<std::string>{"in.png"});
}

TEST_CASE("one signal ends the wait for standard input") {
  Workspace work;
  const Outcome outcome = work.shell(
      "mkfifo pipe; sleep 30 > pipe & writer=$!; holohost encode - -o out.holo < pipe & job=$!; "
      "sleep 1; kill -INT $job; wait $job; code=$?; kill $writer || exit 99; exit $code");
  CHECK(outcome.exit_code == 130);
  CHECK(says(outcome, "cancelled"));
  CHECK(work.files() == std::vector<std::string>{"pipe"});
}
