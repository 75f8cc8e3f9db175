// Pictures through the command line: encode, info, render, decode, compare.
#include <catch2/catch.hpp>
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
  CHECK(object["schema"] == 1);
  return object;
}

}  // namespace

TEST_CASE("a picture goes in and comes out") {
  Workspace work;
  work.write_png("in.png", 300, 200);
  const json encoded = parsed(work.holohost({"encode", "in.png", "--json"}));
  CHECK(encoded["units"] == 1);
  CHECK(encoded["bytes_in"] == std::filesystem::file_size(work.path("in.png")));
  CHECK(encoded["bytes_out"] == std::filesystem::file_size(work.path("in.holo")));
  CHECK(encoded["codec"]["id"] == "org.holohost.holo-image");
  CHECK(encoded["seconds"].is_number());
  CHECK(encoded["params"].contains("quality"));

  const json info = parsed(work.holohost({"info", "in.holo", "--json", "--verify"}));
  CHECK(info["format"] == "holo-image");
  CHECK(info["media"]["width"] == 300);
  CHECK(info["media"]["height"] == 200);
  CHECK(info["media"]["kind"] == "picture");
  CHECK(info["intact"] == true);
  CHECK(info["params"] == encoded["params"]);
  CHECK(info["bytes"] == encoded["bytes_out"]);
  CHECK(info["bpp"].get<double>() > 0);
  REQUIRE(!info["chunks"].empty());
  for (const char* key : {"type", "unit", "offset", "bytes"})
    CHECK(info["chunks"][0].contains(key));

  REQUIRE(work.holohost({"decode", "in.holo", "-o", "out.png"}).exit_code == 0);
  const json compared = parsed(work.holohost({"compare", "in.png", "out.png", "--json"}));
  CHECK(compared["psnr_rgb"].get<double>() > 30);
  const json direct = parsed(work.holohost({"compare", "in.png", "in.holo", "--json"}));
  CHECK(direct["psnr_rgb"] == compared["psnr_rgb"]);
}

TEST_CASE("the number of threads changes neither file nor pixels") {
  Workspace work;
  work.write_png("in.png", 700, 500);
  REQUIRE(work.holohost({"encode", "in.png", "-o", "a.holo", "-j", "1"}).exit_code == 0);
  REQUIRE(work.holohost({"encode", "in.png", "-o", "b.holo", "-j", "4"}).exit_code == 0);
  CHECK(read_file(work.path("a.holo")) == read_file(work.path("b.holo")));
  REQUIRE(work.holohost({"decode", "a.holo", "-o", "a.ppm", "-j", "1"}).exit_code == 0);
  REQUIRE(work.holohost({"decode", "a.holo", "-o", "b.ppm", "-j", "4"}).exit_code == 0);
  CHECK(read_file(work.path("a.ppm")) == read_file(work.path("b.ppm")));
}

TEST_CASE("a rendered region equals the same pixels of the whole and reads less") {
  Workspace work;
  work.write_png("in.png", 1000, 800);
  REQUIRE(work.holohost({"encode", "in.png", "-o", "x.holo", "-p", "tile=128"}).exit_code == 0);
  REQUIRE(work.holohost({"decode", "x.holo", "-o", "whole.ppm"}).exit_code == 0);
  const json report = parsed(
      work.holohost({"render", "x.holo", "--region", "301,207,99,61", "-o", "part.ppm", "--json"}));
  CHECK(report["width"] == 99);
  CHECK(report["height"] == 61);
  CHECK(report["microseconds"].is_number());
  const auto file_bytes = std::filesystem::file_size(work.path("x.holo"));
  CHECK(report["bytes_read"].get<std::uint64_t>() * 4 < file_bytes);
  const auto whole = read_file(work.path("whole.ppm"));
  const auto part = read_file(work.path("part.ppm"));
  const std::size_t whole_head = whole.size() - 1000u * 800u * 3u;
  const std::size_t part_head = part.size() - 99u * 61u * 3u;
  bool equal = true;
  for (std::size_t y = 0; y < 61; ++y) {
    equal = equal && std::equal(part.begin() + static_cast<long>(part_head + y * 99 * 3),
                                part.begin() + static_cast<long>(part_head + (y + 1) * 99 * 3),
                                whole.begin() +
                                    static_cast<long>(whole_head + ((207 + y) * 1000 + 301) * 3));
  }
  CHECK(equal);
}

TEST_CASE("the focus ring sharpens with every component") {
  Workspace work;
  work.write_png("in.png", 256, 256);
  REQUIRE(work.holohost(
                  {"encode", "in.png", "-o", "x.holo", "-p", "basis=image", "-p", "components=64"})
              .exit_code == 0);
  double last = 0;
  for (const char* components : {"1", "8", "64"}) {
    REQUIRE(work.holohost({"render", "x.holo", "-k", components, "-o", "k.png", "-f"}).exit_code ==
            0);
    const json compared = parsed(work.holohost({"compare", "in.png", "k.png", "--json"}));
    CHECK(compared["psnr_rgb"].get<double>() > last);
    last = compared["psnr_rgb"].get<double>();
  }
}

TEST_CASE("grey, alpha, sixteen bit and odd sizes come back as what they were") {
  struct Case {
    int width, height, channels, depth;
  };
  const Case cases[] = {{1, 1, 3, 8},    {7, 5, 1, 8},  {33, 9, 2, 8},  {40, 41, 4, 8},
                        {17, 64, 3, 16}, {9, 9, 4, 16}, {1, 300, 1, 16}};
  for (const Case& each : cases) {
    CAPTURE(each.width, each.height, each.channels, each.depth);
    Workspace work;
    work.write_png("in.png", each.width, each.height, each.channels, each.depth);
    const Outcome encoded = work.holohost({"encode", "in.png", "-p", "quality=95"});
    INFO(encoded.err);
    REQUIRE(encoded.exit_code == 0);
    REQUIRE(work.holohost({"decode", "in.holo", "-o", "out.png"}).exit_code == 0);
    const json info = parsed(work.holohost({"info", "in.holo", "--json"}));
    CHECK(info["media"]["bit_depth"] == each.depth);
    CHECK(info["media"]["alpha"] == (each.channels % 2 == 0));
    const json compared = parsed(work.holohost({"compare", "in.png", "out.png", "--json"}));
    if (!compared["identical"].get<bool>()) CHECK(compared["psnr_rgb"].get<double>() > 30);
  }
}

TEST_CASE("pipes work in both directions") {
  Workspace work;
  work.write_png("in.png", 64, 48);
  const Outcome piped = work.shell(
      "holohost encode - -o - < in.png | holohost decode - --format ppm -o - > out.ppm && "
      "holohost encode in.png -o in.holo && holohost decode in.holo -o direct.ppm");
  INFO(piped.err);
  REQUIRE(piped.exit_code == 0);
  CHECK(read_file(work.path("out.ppm")) == read_file(work.path("direct.ppm")));
}

TEST_CASE("a target picks the quality") {
  Workspace work;
  work.write_png("in.png", 200, 160);
  const json sized = parsed(
      work.holohost({"encode", "in.png", "-o", "size.holo", "--target", "size=6k", "--json"}));
  CHECK(sized["target"]["metric"] == "size");
  CHECK(sized["target"]["wanted"] == 6000);
  CHECK(sized["target"]["reached"] == sized["bytes_out"]);
  CHECK(sized["target"]["trials"].get<int>() <= 9);
  CHECK(sized["bytes_out"] == std::filesystem::file_size(work.path("size.holo")));
  CHECK(sized["bytes_out"].get<std::uint64_t>() <= 6000);

  const json judged = parsed(
      work.holohost({"encode", "in.png", "-o", "psnr.holo", "--target", "psnr=36", "--json"}));
  const json compared = parsed(work.holohost({"compare", "in.png", "psnr.holo", "--json"}));
  CHECK(compared["psnr_rgb"].get<double>() >= 36);
  CHECK(compared["psnr_rgb"] == judged["target"]["reached"]);
  const json info = parsed(work.holohost({"info", "psnr.holo", "--json"}));
  CHECK(info["params"] == judged["params"]);
  // The same quality, asked for by its number, gives the same file; nothing else stays behind.
  REQUIRE(work.holohost({"encode", "in.png", "-o", "again.holo", "-p",
                         "quality=" + judged["params"]["quality"].dump()})
              .exit_code == 0);
  CHECK(read_file(work.path("psnr.holo")) == read_file(work.path("again.holo")));
  CHECK(work.files().size() == 4);

  const json thin =
      parsed(work.holohost({"encode", "-", "-o", "bpp.holo", "--target", "bpp=1.5", "--json"}, [&] {
        const auto bytes = read_file(work.path("in.png"));
        return std::string(bytes.begin(), bytes.end());
      }()));
  CHECK(thin["target"]["reached"].get<double>() <= 1.5);
  CHECK(thin["target"]["reached"].get<double>() ==
        Approx(8 * thin["bytes_out"].get<double>() / (200 * 160)));
}

TEST_CASE("targets that cannot be met say why and leave no file") {
  Workspace work;
  work.write_png("in.png", 40, 40);
  const Outcome both = work.holohost(
      {"encode", "in.png", "-o", "x.holo", "--target", "psnr=36", "-p", "quality=50"});
  CHECK(both.exit_code == 2);
  CHECK(both.err.find("--target and quality are both given") != std::string::npos);
  const Outcome unread = work.holohost({"encode", "in.png", "-o", "x.holo", "--target", "psnr"});
  CHECK(unread.exit_code == 2);
  CHECK(unread.err.find("expected psnr=DB") != std::string::npos);
  const Outcome far = work.holohost({"encode", "in.png", "-o", "x.holo", "--target", "size=10B"});
  CHECK(far.exit_code == 1);
  CHECK(far.err.find("the smallest here is") != std::string::npos);
  const Outcome small =
      work.holohost({"encode", "in.png", "-o", "x.holo", "--target", "ms_ssim=0.9"});
  CHECK(small.exit_code == 2);
  CHECK(small.err.find("161 pixels") != std::string::npos);
  const Outcome device =
      work.holohost({"encode", "in.png", "-o", "/dev/null", "--target", "psnr=30"});
  CHECK(device.exit_code == 2);
  CHECK(work.files().size() == 1);
}
