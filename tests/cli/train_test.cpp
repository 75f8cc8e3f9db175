// Training through the command line, with the SDK's example trainer.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/cli/cli.hpp"

using namespace holo::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

// Eight pictures, one of them a folder down, and a file of another kind.
struct Photos : Workspace {
  Photos() {
    fs::create_directories(path("photos/more"));
    fs::create_directory(path("plugins"));
    fs::copy_file(HOLO_EXAMPLE_TRAINER, path("plugins/mean-picture.holo.so"));
    for (int i = 0; i < 7; ++i) {
      write_png("photos/" + std::to_string(i) + ".png", 20 + i, 30 - i);
    }
    write_png("photos/more/7.png", 9, 9, 1);
    write_file(path("photos/readme.txt"), {'h', 'i'});
  }
  [[nodiscard]] Outcome train(std::vector<std::string> words) const {
    words.insert(words.begin(), {"train", "mean-picture", "--plugin-path", "plugins"});
    return holohost(words);
  }
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a trainer makes the same file from the same folder") {
  const Photos work;
  const Outcome first = work.train({"--images", "photos", "-o", "a.pgm", "--json"});
  INFO(first.err);
  REQUIRE(first.exit_code == 0);
  const json report = json::parse(first.out);
  CHECK(report["trainer"]["id"] == "org.holohost.example.mean-picture");
  CHECK(report["inputs"] == 8);
  CHECK(report["input_kind"] == "pictures");
  CHECK(report["skipped"] == 1);
  CHECK(report["params"]["side"] == 64);
  CHECK(report["resumed"] == false);
  CHECK(report["bytes_out"] == fs::file_size(work.path("a.pgm")));
  REQUIRE(work.train({"photos", "-o", "b.pgm", "-j", "1"}).exit_code == 0);
  CHECK(read_file(work.path("a.pgm")) == read_file(work.path("b.pgm")));
  CHECK_FALSE(fs::exists(work.path("a.pgm.checkpoint")));

  CHECK(work.train({"photos", "-o", "a.pgm"}).exit_code == 1);
  CHECK(work.train({"photos", "-o", "a.pgm", "-f"}).exit_code == 0);
  const Outcome piped = work.train({"photos", "-o", "-"});
  CHECK(piped.out.size() == fs::file_size(work.path("a.pgm")));
}

TEST_CASE("an interrupted training goes on where it was") {
  const Photos work;
  REQUIRE(work.train({"photos", "-o", "whole.pgm"}).exit_code == 0);
  // The sixth picture is cut in its middle, so that the training ends after its first checkpoint.
  const std::string victim = work.path("photos/5.png");
  const auto good = read_file(victim);
  const auto written = fs::last_write_time(victim);
  auto damaged = good;
  std::fill(damaged.begin() + 40, damaged.end(), std::uint8_t{0});
  write_file(victim, damaged);
  fs::last_write_time(victim, written);
  const Outcome broken = work.train({"photos", "-o", "out.pgm"});
  CHECK(broken.exit_code == 1);
  CHECK(contains(broken.err, "5.png"));
  CHECK(contains(broken.err, "out.pgm.checkpoint keeps what was done"));
  CHECK_FALSE(fs::exists(work.path("out.pgm")));
  write_file(victim, good);
  fs::last_write_time(victim, written);

  const Outcome other = work.train({"photos", "-o", "out.pgm", "-p", "side=8"});
  CHECK(other.exit_code == 2);
  CHECK(contains(other.err, "--restart"));
  const Outcome rest = work.train({"photos", "-o", "out.pgm", "--json"});
  INFO(rest.err);
  REQUIRE(rest.exit_code == 0);
  CHECK(json::parse(rest.out)["resumed"] == true);
  CHECK(read_file(work.path("out.pgm")) == read_file(work.path("whole.pgm")));
  CHECK_FALSE(fs::exists(work.path("out.pgm.checkpoint")));
}

TEST_CASE("wrong training commands say what was expected") {
  const Photos work;
  struct Case {
    std::vector<std::string> words;
    std::string message;
  };
  for (const Case& each :
       {Case{{"-o", "x"}, "something to train on"}, Case{{"photos"}, "expected -o OUT"},
        Case{{"photos/readme.txt", "-o", "x"}, "cannot be read as pictures"},
        Case{{"--text", "photos", "-o", "x"}, "does not take text files"},
        Case{{"--images", "photos", "--text", "photos", "-o", "x"}, "one of --images"},
        Case{{"plugins", "-o", "x"}, "nothing to train on"},
        Case{{"-", "-o", "x"}, "standard input"},
        Case{{"photos/0.png", "-o", "photos/0.png", "-f"}, "the same file"},
        Case{{"photos", "-o", "x", "-p", "sid=3"}, "did you mean 'side'"}}) {
    const Outcome outcome = work.train(each.words);
    INFO(outcome.err);
    CHECK(outcome.exit_code == 2);
    CHECK(contains(outcome.err, each.message));
  }
  CHECK(work.train({"nowhere", "-o", "x"}).exit_code == 1);
  CHECK_FALSE(fs::exists(work.path("x")));
}

TEST_CASE("trainers are listed, shown and explained") {
  const Photos work;
  CHECK(contains(work.holohost({"plugins", "list", "--plugin-path", "plugins"}).out,
                 "trainer      mean-picture"));
  const json shown = json::parse(
      work.holohost({"plugins", "show", "mean-picture", "--json", "--plugin-path", "plugins"}).out);
  CHECK(shown["kind"] == "trainer");
  CHECK(shown["writes"]["extension"] == ".pgm");
  CHECK(shown["inputs"] == json::array({"pictures"}));
  const Outcome help = work.train({"--help"});
  CHECK(contains(help.out, "side   1..4096 px, default 64"));
  CHECK(contains(work.holohost({"completion", "bash"}).out, "__names trainer"));
}
