// The codec through its entry symbol: quality, regions, components, determinism, damage.
#include <catch2/catch.hpp>
#include <random>

#include "plugins/holo-image/tests/memory_boundary.hpp"

using namespace holo::image::test;
using holo::Region;

TEST_CASE("More quality gives more bytes and a better picture") {
  const TestPicture picture = scene(150, 90);
  for (const auto& profile : {trained, fast}) {
    double last_psnr = 0;
    std::size_t last_size = 0;
    for (const int quality : {10, 40, 70, 100}) {
      const TestFile file = encode(picture, profile(quality, "128"));
      const double found = psnr(picture, render(file));
      CHECK(found > last_psnr + 3);
      CHECK(file.size() > last_size);
      last_psnr = found;
      last_size = file.size();
    }
    CHECK(last_psnr > 48);
  }
}

TEST_CASE("A step of q gives at most the error that a step of q can make") {
  const TestPicture picture = scene(160, 96);
  // Uniform error within half a step has step^2 / 12; dead zone and colour conversion add to it.
  for (const int quality : {44, 58, 72, 86}) {
    const double step = std::pow(2.0, (100 - quality) / 14.0);
    const double bound = 10 * std::log10(255 * 255 / (step * step / 3 + 0.5));
    CHECK(psnr(picture, render(encode(picture, fast(quality)))) > bound);
    CHECK(psnr(picture, render(encode(picture, trained(quality)))) > bound);
  }
}

TEST_CASE("Every size from 1x1 on, every model and depth survives a round trip") {
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 70}, {9, 7}, {65, 66}, {130, 3}})
    for (const int model : {HOLO_GRAY, HOLO_RGB})
      for (const int depth : {1, 5, 8, 10, 16})
        for (const bool alpha : {false, true}) {
          const TestPicture picture = scene(width, height, model, depth, alpha);
          const TestFile file = encode(picture, depth == 5 ? trained(100, "64") : fast(100, "64"));
          const TestPicture back = render(file);
          INFO(width << "x" << height << " model " << model << " depth " << depth);
          CHECK(psnr(picture, back) > (depth < 8 ? 20 : 38));
          if (!alpha) continue;
          const int plane = picture.planes() - 1;
          bool exact = true;
          for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x)
              exact = exact && picture.get(plane, x, y) == back.get(plane, x, y);
          CHECK(exact);
        }
}

TEST_CASE("A flat picture is right to one step at any quality") {
  for (const int quality : {0, 50, 100}) {
    TestPicture picture(40, 30);
    for (int p = 0; p < 3; ++p)
      for (int y = 0; y < 30; ++y)
        for (int x = 0; x < 40; ++x) picture.set(p, x, y, std::uint16_t(60 + 5 * p));
    CHECK(psnr(picture, render(encode(picture, fast(quality)))) > 48);
    CHECK(psnr(picture, render(encode(picture, trained(quality)))) > 48);
  }
}

TEST_CASE("A 16-bit picture keeps what the quality of an 8-bit one keeps") {
  const TestPicture eight = scene(100, 64);
  const TestPicture sixteen = scene(100, 64, HOLO_RGB, 16);
  for (const auto& profile : {trained, fast})
    CHECK(psnr(sixteen, render(encode(sixteen, profile(60, "128")))) >
          psnr(eight, render(encode(eight, profile(60, "128")))) - 0.2);
}

TEST_CASE("A constant alpha plane costs next to nothing") {
  TestPicture plain = scene(128, 128);
  TestPicture opaque = scene(128, 128, HOLO_RGB, 8, true);
  for (int y = 0; y < 128; ++y)
    for (int x = 0; x < 128; ++x) opaque.set(3, x, y, 255);
  CHECK(encode(opaque, fast(50)).size() <= encode(plain, fast(50)).size() + 4);
}

TEST_CASE("The same bytes and the same picture for any number of workers") {
  const TestPicture picture = scene(150, 200);
  Settings layered = trained(50, "64"), lossless = trained(50, "64");
  layered.layers = 3;
  lossless.lossless = true;
  for (const Settings& settings :
       {trained(50, "64"), fast(50, "64"), layered, lossless, own_basis(20)}) {
    const TestFile one = encode(picture, settings, 1);
    const TestFile many = encode(picture, settings, 5);
    CHECK(one.order == many.order);
    CHECK(one.chunks == many.chunks);
    CHECK(same(render(one, {}, 0, 1), render(one, {}, 0, 7)));
  }
}

TEST_CASE("A region is the crop of the whole picture") {
  const TestPicture picture = scene(211, 149, HOLO_RGB, 8, false);
  for (const Settings& settings :
       {trained(40, "64"), fast(40, "64"), fast(40, "none"), own_basis(24)}) {
    const TestFile file = encode(picture, settings);
    for (const int components : {0, 5}) {
      const TestPicture whole = render(file, {}, components);
      for (const Region& region :
           {Region{0, 0, 1, 1}, {63, 64, 2, 70}, {100, 3, 111, 146}, {210, 148, 1, 1}})
        CHECK(same(render(file, region, components), crop(whole, region)));
    }
  }
}

TEST_CASE("A region reads no tile that it does not touch") {
  const TestPicture picture = scene(200, 130);
  TestFile file = encode(picture, fast(40, "64"));
  const TestPicture expected = render(file, {70, 70, 30, 30});
  for (auto& [key, bytes] : file.chunks)
    if (std::get<2>(key) != 5) bytes.assign(3, 0xFF);  // the tile at 64, 64
  CHECK(same(render(file, {70, 70, 30, 30}), expected));
}

TEST_CASE("More components never make the picture worse") {
  const TestPicture picture = scene(160, 120);
  for (const Settings& settings : {fast(70), own_basis(192)}) {
    const TestFile file = encode(picture, settings);
    const double all = psnr(picture, render(file));
    double last = 0;
    for (const int components : {1, 2, 4, 8, 16, 32, 64}) {
      const double found = psnr(picture, render(file, {}, components));
      CHECK(found >= last - 0.01);
      CHECK(found <= all + 0.01);
      last = found;
    }
    CHECK(same(render(file, {}, 1000), render(file)));
  }
}

TEST_CASE("All 192 components of the own basis give the picture back") {
  const TestPicture picture = scene(96, 72);
  CHECK(psnr(picture, render(encode(picture, own_basis(192)))) > 55);
  const TestPicture deep = scene(96, 72, HOLO_GRAY, 16);
  CHECK(psnr(deep, render(encode(deep, own_basis(192)))) > 55);
}

TEST_CASE("The own basis takes two bytes for each number") {
  const TestPicture picture = scene(100, 60);
  CHECK(encode(picture, own_basis(30)).size() == 2 * (31 * 192 + 13 * 8 * 30));
}

TEST_CASE("What is not supported says what to do") {
  const TestPicture alpha = scene(16, 16, HOLO_RGB, 8, true);
  CHECK_THROWS_WITH(encode(alpha, own_basis(3)), Catch::Contains("basis=trained"));
  const TestPicture ycbcr = scene(16, 16, HOLO_YCBCR);
  CHECK_THROWS_WITH(encode(ycbcr, fast(50)), Catch::Contains("convert the picture to RGB"));
}

TEST_CASE("Damaged chunks give a picture or an error, nothing else") {
  std::mt19937 random(5);
  const TestPicture picture = scene(90, 70, HOLO_RGB, 8, false);
  TestPicture with_alpha = scene(90, 70, HOLO_GRAY, 12, true);
  int refused = 0;
  for (const TestFile& sound : {encode(picture, fast(60, "64")), encode(picture, own_basis(9)),
                                encode(with_alpha, fast(20, "64"))}) {
    for (int round = 0; round < 400; ++round) {
      TestFile file = sound;
      auto& bytes = std::next(file.chunks.begin(), long(random() % file.chunks.size()))->second;
      switch (random() % 4) {
        case 0:
          bytes.resize(random() % (bytes.size() + 1));
          break;
        case 1:
          bytes.insert(bytes.begin() + long(random() % (bytes.size() + 1)), random() % 64,
                       std::uint8_t(random()));
          break;
        default:
          for (unsigned i = 0; i < 1 + random() % 8; ++i)
            bytes[random() % bytes.size()] = std::uint8_t(random());
      }
      try {
        render(file, {}, round % 3 == 0 ? 7 : 0, 2);
      } catch (const TestFailure& failure) {
        CHECK(failure.status == HOLO_CORRUPT);
        ++refused;
      }
    }
  }
  CHECK(refused > 100);
}
