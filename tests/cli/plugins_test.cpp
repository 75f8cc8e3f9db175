// Plugins through the command line: listing, diagnosis, isolation, help, completion.
#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/cli/cli.hpp"

using namespace holo::test;
using nlohmann::json;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the bundled plugins are listed and healthy") {
  Workspace work;
  const Outcome listed = work.holohost({"plugins", "list", "--json"});
  REQUIRE(listed.exit_code == 0);
  const json plugins = json::parse(listed.out)["plugins"];
  for (const char* alias : {"holo-image", "holovid", "phi-weights", "df-analyzer"}) {
    CAPTURE(alias);
    CHECK(std::any_of(plugins.begin(), plugins.end(), [&](const json& plugin) {
      return plugin["state"] == "ok" &&
             std::any_of(plugin["components"].begin(), plugin["components"].end(),
                         [&](const json& component) { return component["alias"] == alias; });
    }));
  }
  const Outcome doctor = work.holohost({"plugins", "doctor"});
  INFO(doctor.out);
  CHECK(doctor.exit_code == 0);
}

TEST_CASE("a broken plugin is explained, and the others go on") {
  Workspace work;
  std::filesystem::create_directory(work.path("plugins"));
  write_file(work.path("plugins/broken.holo.so"), {'n', 'o', ' ', 'E', 'L', 'F'});
  const Outcome doctor = work.holohost({"plugins", "doctor", "--plugin-path", "plugins"});
  CHECK(doctor.exit_code == 1);
  CHECK(contains(doctor.out, "broken.holo.so"));
  CHECK(contains(doctor.out, "ELF"));
  work.write_png("in.png", 32, 32);
  CHECK(work.holohost({"encode", "in.png", "--plugin-path", "plugins"}).exit_code == 0);
  CHECK(work.holohost({"plugins", "doctor", "--plugin-path", "plugins", "--safe-mode"}).exit_code ==
        0);
  // Common options may stand before the verb, too.
  CHECK(work.holohost({"--plugin-path", "plugins", "plugins", "doctor"}).exit_code == 1);
}

TEST_CASE("help and parameters come from the tables") {
  Workspace work;
  const Outcome overview = work.holohost({"--help"});
  CHECK(overview.exit_code == 0);
  for (const char* verb : {"encode", "decode", "render", "info", "analyze", "compare", "plugins"}) {
    CAPTURE(verb);
    CHECK(contains(overview.out, verb));
    const Outcome help = work.holohost({verb, "--help"});
    CHECK(help.exit_code == 0);
    CHECK(contains(help.out, "--json"));
  }
  const Outcome codec = work.holohost({"encode", "--codec", "holo-image", "--help"});
  CHECK(codec.exit_code == 0);
  CHECK(contains(codec.out, "quality"));
  CHECK(contains(codec.out, "0..100"));
  const json shown =
      json::parse(work.holohost({"plugins", "show", "holovid", "--json"}).out, nullptr, false);
  REQUIRE(shown.is_object());
  CHECK(std::any_of(shown["params"].begin(), shown["params"].end(),
                    [](const json& row) { return row["key"] == "gop"; }));
}

TEST_CASE("completion scripts are valid shell and know the verbs") {
  Workspace work;
  const Outcome checked = work.shell("holohost completion bash > c.bash && bash -n c.bash");
  INFO(checked.err);
  CHECK(checked.exit_code == 0);
  const Outcome completed = work.program(
      {"bash", "-c",
       "source c.bash; COMP_WORDS=(holohost enc); COMP_CWORD=1; _holohost; echo ${COMPREPLY[@]}; "
       "COMP_WORDS=(holohost encode --codec holo); COMP_CWORD=3; _holohost; echo ${COMPREPLY[@]}; "
       "touch 'two words.png'; "
       "COMP_WORDS=(holohost encode two); COMP_CWORD=2; _holohost; echo \"${COMPREPLY[0]}\"; "
       "COMP_WORDS=(holohost plugins do); COMP_CWORD=2; _holohost; echo ${COMPREPLY[@]}"});
  for (const char* word : {"encode", "holovid", "two words.png", "doctor"}) {
    CAPTURE(word);
    CHECK(contains(completed.out, word));
  }
  for (const char* shell : {"zsh", "fish"}) {
    CHECK(contains(work.holohost({"completion", shell}).out, "encode"));
  }
  CHECK(work.holohost({"completion", "dos"}).exit_code == 2);
}

TEST_CASE("an isolated job gives the same bytes") {
  Workspace work;
  work.write_png("in.png", 100, 80);
  REQUIRE(work.holohost({"encode", "in.png", "-o", "a.holo"}).exit_code == 0);
  const Outcome isolated =
      work.holohost({"encode", "in.png", "-o", "b.holo", "--isolate", "--json"});
  INFO(isolated.err);
  REQUIRE(isolated.exit_code == 0);
  CHECK(json::parse(isolated.out, nullptr, false).is_object());
  CHECK(read_file(work.path("a.holo")) == read_file(work.path("b.holo")));
}

TEST_CASE("a new plugin project has its name in every file") {
  Workspace work;
  const Outcome made = work.holohost({"plugins", "new", "my-codec", "project"});
  INFO(made.err);
  REQUIRE(made.exit_code == 0);
  CHECK(std::filesystem::exists(work.path("project/CMakeLists.txt")));
  CHECK(std::filesystem::exists(work.path("project/my-codec.cpp")));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(work.path("project"))) {
    if (!entry.is_regular_file()) continue;
    const auto bytes = read_file(entry.path().string());
    CHECK_FALSE(contains(std::string(bytes.begin(), bytes.end()), "@NAME@"));
  }
  CHECK(work.holohost({"plugins", "new", "my-codec", "project"}).exit_code == 1);
  CHECK(work.holohost({"plugins", "new", "Bad Name"}).exit_code == 2);
}

TEST_CASE("analysis reports the dimensions of a picture") {
  Workspace work;
  work.write_png("in.png", 128, 128);
  const Outcome outcome = work.holohost(
      {"analyze", "in.png", "--analyzer", "df-analyzer", "--json", "--html", "report.html"});
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  const json report = json::parse(outcome.out);
  for (const char* key : {"df", "df_corrected", "effective_rank", "k90", "k95", "k99", "dimensions",
                          "samples", "explained_variance"}) {
    CAPTURE(key);
    CHECK(report.contains(key));
  }
  CHECK(report["dimensions"] == 192);
  const auto page = read_file(work.path("report.html"));
  CHECK(contains(std::string(page.begin(), page.end()), "<svg"));
}
