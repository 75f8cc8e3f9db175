// holohost bench: rows, reports, failures.
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

bool have_codec(const Workspace& work, const std::string& alias) {
  return work.holohost({"plugins", "show", alias}).exit_code == 0;
}

json parsed(const Outcome& outcome) {
  INFO(outcome.err);
  json object = json::parse(outcome.out, nullptr, false);
  REQUIRE(object.is_object());
  CHECK(object["schema"] == 1);
  return object;
}

}  // namespace

TEST_CASE("bench measures every codec at every setting on every picture") {
  Workspace work;
  std::filesystem::create_directory(work.path("pictures"));
  work.write_png("pictures/a.png", 200, 180);
  work.write_png("pictures/b.png", 180, 170);
  write_file(work.path("pictures/notes.txt"), {'n', 'o', 'n', 'e'});
  const Outcome outcome = work.holohost({"bench", "images", "pictures", "--codecs",
                                         "holo-image:quality=20..80/20,tile=64|none", "--anchor",
                                         "holo-image:tile=64", "--json"});
  REQUIRE(outcome.exit_code == 0);
  const json report = parsed(outcome);
  CHECK(report["anchor"] == "holo-image:tile=64");
  CHECK(report["failed"] == 0);
  REQUIRE(report["rows"].size() == 2 * 2 * 4);
  for (const json& row : report["rows"]) {
    CAPTURE(row.dump());
    CHECK(row["id"] == "org.holohost.holo-image");
    CHECK(row["version"].is_string());
    CHECK(row["params"].size() >= 4);
    CHECK(row["bytes"] == row["file_bytes"]);
    for (const char* key :
         {"bpp", "psnr_rgb", "psnr_y", "ssim", "ms_ssim", "encode_mps", "decode_mps"}) {
      CAPTURE(key);
      CHECK(row[key].get<double>() > 0);
    }
  }
  // Every metric has a rate, and a curve against itself has none to lose.
  for (const char* metric : {"psnr_rgb", "psnr_y", "ssim", "ms_ssim"}) {
    CHECK(report["bd_rate"]["holo-image:tile=none"][metric].is_number());
  }
  const json twice = parsed(
      work.holohost({"bench", "images", "pictures", "--codecs", "holo-image:quality=20..80/20",
                     "--codecs", "holo-image:quality=20..80/20", "--json"}));
  CHECK(twice["bd_rate"]["holo-image#2"]["psnr_rgb"].get<double>() == Approx(0).margin(1e-9));
  // The size is that of the file that encode writes.
  const json row = report["rows"][0];
  REQUIRE(row["params"]["quality"] == 20);
  REQUIRE(work.holohost(
                  {"encode", "pictures/a.png", "-o", "a.holo", "-p", "quality=20", "-p", "tile=64"})
              .exit_code == 0);
  CHECK(row["bytes"] == std::filesystem::file_size(work.path("a.holo")));
  const json compared =
      json::parse(work.holohost({"compare", "pictures/a.png", "a.holo", "--json"}).out);
  CHECK(row["psnr_rgb"] == compared["psnr_rgb"]);
}

TEST_CASE("curves are named after what tells them apart") {
  Workspace work;
  work.write_png("a.png", 16, 16);
  const auto names = [&](const std::string& codecs) {
    const json report =
        parsed(work.holohost({"bench", "images", "a.png", "--codecs", codecs, "--json"}));
    std::vector<std::string> found;
    for (const json& row : report["rows"]) {
      found.push_back(row["codec"].get<std::string>() + " " + row["setting"].get<std::string>());
    }
    return found;
  };
  using Names = std::vector<std::string>;
  CHECK(names("holo-image:tile=64") == Names{"holo-image "});
  CHECK(names("holo-image:quality=1|2,tile=64") ==
        Names{"holo-image quality=1", "holo-image quality=2"});
  CHECK(names("holo-image:tile=64|none,quality=3") ==
        Names{"holo-image:tile=64 ", "holo-image:tile=none "});
  // The codec's own rate parameter runs along, whatever else is a range.
  CHECK(names("holo-image:components=5..6,quality=1|2") ==
        Names{"holo-image:components=5 quality=1", "holo-image:components=5 quality=2",
              "holo-image:components=6 quality=1", "holo-image:components=6 quality=2"});
  CHECK(names("holo-image,holo-image:quality=9,holo-image:quality=9") ==
        Names{"holo-image ", "holo-image:quality=9 ", "holo-image:quality=9#2 "});
}

TEST_CASE("bench writes a folder of reports that need nothing else") {
  Workspace work;
  work.write_png("a.png", 200, 180);
  work.write_png("b.png", 64, 48);
  const Outcome outcome =
      work.holohost({"bench", "images", "a.png", "b.png", "--codecs", "holo-image:quality=20|50|80",
                     "-o", "made/report", "--parallel", "2"});
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  const auto text = [&](const std::string& name) {
    const auto bytes = read_file(work.path("made/report/" + name));
    return std::string(bytes.begin(), bytes.end());
  };
  CHECK(text("table.txt") == outcome.out);
  const json report = json::parse(text("rows.json"));
  CHECK(report["rows"].size() == 6);
  CHECK(report["rows"][0]["encode_mps"].is_null());
  CHECK(report["rows"][5]["ms_ssim"].is_null());
  const std::string lines = text("rows.csv");
  CHECK(std::count(lines.begin(), lines.end(), '\n') == 7);
  const std::string page = text("report.html");
  CHECK(contains(page, "data:image/png;base64,iVBOR"));
  CHECK(contains(page, "<svg"));
  CHECK(contains(page, "prefers-color-scheme: dark"));
  CHECK_FALSE(contains(page, "src=\"http"));
  CHECK_FALSE(contains(page, "<script"));
  CHECK_FALSE(contains(page, "<link"));
}

TEST_CASE("a row that fails is reported and costs no other") {
  Workspace work;
  work.write_png("a.png", 40, 40);
  write_file(work.path("b.png"), {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0});
  const Outcome outcome = work.holohost(
      {"bench", "images", "a.png", "b.png", "--codecs", "holo-image:quality=50", "--json"});
  CHECK(outcome.exit_code == 1);
  CHECK(contains(outcome.err, "b.png"));
  const json report = parsed(outcome);
  CHECK(report["failed"] == 1);
  CHECK(report["rows"][0]["psnr_rgb"].is_number());
  CHECK(report["rows"][1]["error"].is_string());
}

TEST_CASE("a codec that crashes costs its rows alone") {
  Workspace work;
  work.write_png("a.png", 40, 40);
  std::filesystem::create_directory(work.path("plugins"));
  std::filesystem::copy(HOLO_TEST_CRASHING_PLUGIN, work.path("plugins"));
  const Outcome outcome =
      work.holohost({"bench", "images", "a.png", "--plugin-path", "plugins", "--codecs",
                     "crashes-at-once,holo-image", "--json", "-o", "report"});
  INFO(outcome.err);
  CHECK(outcome.exit_code == 1);
  const json report = parsed(outcome);
  REQUIRE(report["rows"].size() == 2);
  CHECK(contains(report["rows"][0]["error"], "crashed"));
  CHECK(report["rows"][1]["psnr_rgb"].is_number());
  CHECK(std::filesystem::exists(work.path("report/report.html")));
}

TEST_CASE("VMAF is asked of an ffmpeg that has it") {
  Workspace work;
  work.write_png("a.png", 40, 40, 4);
  const std::string script =
      "#!/bin/sh\n"
      "case \"$*\" in\n"
      "  *filter=libvmaf*) echo 'libvmaf AVOptions:' ;;\n"
      "  *log_path=/dev/fd/3*) echo '{\"pooled_metrics\": {\"vmaf\": {\"mean\": 87.5}}}' >&3 ;;\n"
      "esac\n";
  std::filesystem::create_directory(work.path("tools"));
  write_file(work.path("tools/ffmpeg"), {script.begin(), script.end()});
  std::filesystem::permissions(work.path("tools/ffmpeg"), std::filesystem::perms::owner_all);
  const Outcome outcome = work.shell(
      "PATH=$PWD/tools:$PATH holohost bench images a.png --codecs holo-image:quality=20..40/20 "
      "--json");
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  const json report = parsed(outcome);
  CHECK(report["rows"][0]["vmaf"] == 87.5);
  CHECK(report["points"][1]["vmaf"] == 87.5);
}

TEST_CASE("a foreign file counts without the container around it") {
  Workspace work;
  work.write_png("a.png", 200, 180);
  struct Peer {
    const char* alias;
    const char* spec;
    bool lossless;
  };
  const Peer peers[] = {{"peer-png", "peer-png", true},
                        {"peer-jpeg", "peer-jpeg:quality=40|90", false},
                        {"peer-webp", "peer-webp:quality=40|90,method=0", false},
                        {"peer-avif", "peer-avif:quantizer=40|20,speed=10", false},
                        {"peer-jxl", "peer-jxl:distance=4|1,effort=3", false}};
  for (const Peer& peer : peers) {
    CAPTURE(peer.alias);
    if (!have_codec(work, peer.alias)) continue;  // built only where its library is
    const Outcome outcome =
        work.holohost({"bench", "images", "a.png", "--codecs", peer.spec, "--json"});
    INFO(outcome.err);
    REQUIRE(outcome.exit_code == 0);
    const json rows = parsed(outcome)["rows"];
    for (const json& row : rows) {
      CHECK(row["bytes"].get<int>() < row["file_bytes"].get<int>());
      CHECK(row["identical"] == peer.lossless);
    }
    if (!peer.lossless) {
      CHECK(rows[0]["bytes"].get<int>() < rows[1]["bytes"].get<int>());
      CHECK(rows[0]["psnr_rgb"].get<double>() < rows[1]["psnr_rgb"].get<double>());
    }
  }
}

TEST_CASE("a peer's payload is a file that other programs read") {
  Workspace work;
  if (!have_codec(work, "peer-png")) return;
  work.write_png("a.png", 50, 40, 4, 16);
  REQUIRE(work.holohost({"encode", "a.png", "-o", "a.holo", "--codec", "peer-png"}).exit_code == 0);
  const json info = json::parse(work.holohost({"info", "a.holo", "--chunks", "--json"}).out);
  REQUIRE(info["chunks"].size() == 1);
  CHECK(info["chunks"][0]["type"] == "file");
  const auto offset = info["chunks"][0]["offset"].get<std::ptrdiff_t>();
  const auto size = info["chunks"][0]["bytes"].get<std::ptrdiff_t>();
  const auto file = read_file(work.path("a.holo"));
  write_file(work.path("b.png"), {file.begin() + offset, file.begin() + offset + size});
  const json compared = json::parse(work.holohost({"compare", "a.png", "b.png", "--json"}).out);
  CHECK(compared["identical"] == true);
}

TEST_CASE("bench memory has a row for each number of threads") {
  Workspace work;
  const Outcome outcome =
      work.holohost({"bench", "memory", "-j", "2", "--size", "4", "--repeat", "2", "--json"});
  REQUIRE(outcome.exit_code == 0);
  const json report = parsed(outcome);
  REQUIRE(report["rows"].size() == 2);
  CHECK(report["bytes"] == 4000000);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(report["rows"][i]["threads"] == i + 1);
    CHECK(report["rows"][i]["bytes_per_second"].get<double>() > 0);
  }
}

TEST_CASE("bench says what it does not understand") {
  Workspace work;
  work.write_png("a.png", 16, 16);
  struct Case {
    std::vector<std::string> words;
    const char* part;
  };
  const Case cases[] = {
      {{"images"}, "expected a folder or pictures"},
      {{"pictures"}, "found 'pictures'"},
      {{"memory", "x"}, "takes no operand"},
      {{"images", "a.png"}, "--codecs"},
      {{"images", "a.png", "--codecs", "holo-imag"}, "holo-image"},
      {{"images", "a.png", "--codecs", "holovid"}, "does not store pictures"},
      {{"images", "a.png", "--codecs", "holo-image:qualty=3"}, "quality"},
      {{"images", "a.png", "--codecs", "holo-image:quality=1..x"}, "FIRST..LAST/STEP"},
      {{"images", "a.png", "--codecs", "holo-image:quality=90..110/10"}, "0..100"},
      {{"images", "a.png", "--codecs", "holo-image", "--anchor", "jpeg"}, "holo-image"},
      {{"images", ".", "--codecs", "holo-image", "-j", "0"}, "whole number"},
  };
  for (const Case& each : cases) {
    CAPTURE(each.part);
    std::vector<std::string> words = {"bench"};
    words.insert(words.end(), each.words.begin(), each.words.end());
    const Outcome outcome = work.holohost(words);
    INFO(outcome.err);
    CHECK(outcome.exit_code == 2);
    CHECK(contains(outcome.err, each.part));
  }
  CHECK(work.holohost({"bench", "images", "none.png", "--codecs", "holo-image"}).exit_code == 1);
}
