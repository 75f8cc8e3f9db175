// Layers, thumbnails, alpha and the lossless way through the entry symbol: what is whole, what is
// shown when tiles are missing, and how little a region reads.
#include <catch2/catch.hpp>
#include <random>

#include "plugins/holo-image/pyramid.hpp"
#include "plugins/holo-image/tests/memory_boundary.hpp"

using namespace holo::image;
using namespace holo::image::test;
using holo::Region;

namespace {

Settings layered(int layers, double quality = 60) {
  Settings settings = trained(quality, "64");
  settings.layers = layers;
  return settings;
}

std::uint32_t layer_chunk(int layer) {
  const char name[5] = {'l', 'a', 'y', char('0' + layer), 0};
  return holo::fourcc(name);
}

void drop(TestFile& file, std::uint32_t type) {
  for (auto at = file.chunks.begin(); at != file.chunks.end();)
    at = std::get<0>(at->first) == type ? file.chunks.erase(at) : std::next(at);
}

TilePixels filled(int width, int height, const std::function<int(int x, int y)>& sample) {
  TilePixels tile = make_tile({width, height, 1, 0});
  for (int y = 0; y < tile.shape.coded_height(); ++y)
    for (int x = 0; x < tile.shape.coded_width(); ++x)
      tile.colour[0][std::size_t(y * tile.shape.coded_width() + x)] =
          std::int16_t(sample(std::min(x, width - 1), std::min(y, height - 1)));
  return tile;
}

}  // namespace

TEST_CASE("Halving and enlarging keep constants, at odd sizes, too") {
  for (const auto& [width, height] : {std::pair{1, 1}, {2, 1}, {7, 9}, {16, 16}, {33, 5}}) {
    const TilePixels tile = filled(width, height, [](int, int) { return -777; });
    const TilePixels half = halve(tile);
    CHECK(half.shape.width == (width + 1) / 2);
    CHECK(half.shape.height == (height + 1) / 2);
    for (const std::int16_t sample : half.colour[0]) CHECK(sample == -777);
    const TilePixels twice = enlarge(half, 0, 0, tile.shape);
    for (const std::int16_t sample : twice.colour[0]) CHECK(sample == -777);
  }
}

TEST_CASE("Enlarging what was halved gives a ramp back inside") {
  const TilePixels ramp = filled(41, 30, [](int x, int y) { return 64 * x - 32 * y; });
  const TilePixels twice = enlarge(halve(ramp), 0, 0, ramp.shape);
  // Four samples of the lower picture are looked at each way.
  for (int y = 4; y < 25; ++y)
    for (int x = 4; x < 36; ++x) {
      const auto at = std::size_t(y * ramp.shape.coded_width() + x);
      CHECK(std::abs(twice.colour[0][at] - ramp.colour[0][at]) <= 1);
    }
  // A part of the doubled picture is the same as that part of the whole.
  const TilePixels part = enlarge(halve(ramp), 8, 16, {16, 14, 1, 0});
  for (int y = 0; y < 14; ++y)
    for (int x = 0; x < 16; ++x)
      CHECK(part.colour[0][std::size_t(y * 16 + x)] ==
            twice.colour[0][std::size_t((y + 16) * twice.shape.coded_width() + x + 8)]);
}

TEST_CASE("Layers hold differences of any size, to half a sample of 13 bits") {
  const TilePixels high = filled(8, 8, [](int, int) { return 8191; });
  const TilePixels low = filled(8, 8, [](int, int) { return -8192; });
  for (const auto& [from, prediction] : {std::pair{&low, &high}, {&high, &low}, {&high, &high}}) {
    TilePixels tile = *from;
    subtract(tile, *prediction);
    add(tile, *prediction);
    CHECK(std::abs(tile.colour[0][0] - from->colour[0][0]) <= 1);
  }
}

TEST_CASE("White dots on black are as white in several layers as in one") {
  TestPicture picture(96, 64, HOLO_GRAY, 8, false);
  picture.fill([](int, int x, int y) { return x % 8 == 3 && y % 8 == 5 ? 1.0 : 0.0; });
  const auto in_layers = [&](int layers) {
    Settings settings = trained(100);
    settings.layers = layers;
    return psnr(picture, render(encode(picture, settings)));
  };
  const double one = in_layers(1);
  CHECK(in_layers(2) > one - 6);
  CHECK(in_layers(3) > one - 6);
}

TEST_CASE("A thumbnail is as small as asked, and shows a ramp as a ramp") {
  holo_image image{};
  image.model = HOLO_GRAY;
  for (const auto& [width, height] : {std::pair{1, 1}, {32, 32}, {33, 2}, {65535, 1}, {300, 900}})
    for (const int longest : {1, 32, 256}) {
      image.width = width;
      image.height = height;
      const int shift = thumbnail_shift(image, longest);
      const TileShape shape = thumbnail_shape(image, shift);
      CHECK(std::max(shape.width, shape.height) <= longest);
      CHECK(std::min(shape.width, shape.height) >= 1);
      if (shift > 0) CHECK(2 * std::max(shape.width, shape.height) > longest);
    }
  const TilePixels small = filled(16, 16, [](int x, int) { return 256 * x; });
  const TilePixels shown = enlarge_thumbnail(small, 3, {40, 8, 48, 8}, {48, 8, 1, 0});
  for (int x = 0; x < 48; ++x)
    CHECK(std::abs(shown.colour[0][std::size_t(x)] - (32 * (40 + x) - 112)) <= 1);
}

TEST_CASE("Layers keep the quality of a single one") {
  const TestPicture picture = scene(150, 109);
  const double plain = psnr(picture, render(encode(picture, trained(60, "64"))));
  for (const int layers : {2, 3, 4})
    CHECK(psnr(picture, render(encode(picture, layered(layers)))) > plain - 1);
}

TEST_CASE("Without its upper layers a picture is whole, and coarser") {
  const TestPicture picture = scene(150, 109);
  TestFile file = encode(picture, layered(3));
  RenderNotes notes;
  double last = psnr(picture, render(file, {}, 0, 1, &notes));
  CHECK(notes.warnings.empty());
  for (const int layer : {2, 1}) {
    drop(file, layer_chunk(layer));
    const double found = psnr(picture, render(file, {}, 0, 1, &notes));
    CHECK(notes.warnings.size() == 1);
    CHECK(found < last);
    CHECK(found > 17);
    last = found;
  }
  drop(file, layer_chunk(0));
  CHECK_THROWS_WITH(render(file), Catch::Contains("nothing coarser"));
}

TEST_CASE("Layers come from coarse to fine, and regions of them are crops") {
  const TestPicture picture = scene(150, 109);
  const TestFile file = encode(picture, layered(3));
  CHECK(std::is_sorted(file.order.begin(), file.order.end()));
  const TestPicture whole = render(file);
  for (const Region& region :
       {Region{0, 0, 1, 1}, {63, 64, 2, 40}, {100, 3, 50, 106}, {149, 108, 1, 1}})
    CHECK(same(render(file, region), crop(whole, region)));
}

TEST_CASE("Where tiles are missing the thumbnail shows, with a warning") {
  const TestPicture picture = scene(200, 130);
  for (Settings settings : {trained(60, "64"), fast(60, "64")}) {
    settings.thumbnail = 32;
    const TestFile file = encode(picture, settings);
    CHECK(std::get<0>(file.order.front()) == holo::fourcc("thmb"));
    const TestPicture whole = render(file);
    // Cut after any number of chunks but the first.
    for (std::size_t kept = 1; kept <= file.order.size(); ++kept) {
      TestFile cut = file;
      for (std::size_t i = kept; i < file.order.size(); ++i) cut.chunks.erase(file.order[i]);
      RenderNotes notes;
      const TestPicture shown = render(cut, {}, 0, 1, &notes);
      CHECK(notes.warnings.size() == (kept < file.order.size() ? 1 : 0));
      CHECK(psnr(picture, shown) > 16);
      if (kept > 1) CHECK(same(crop(shown, {0, 0, 64, 64}), crop(whole, {0, 0, 64, 64})));
    }
    // Any single tile, too.
    for (const auto& key : file.order) {
      TestFile holed = file;
      holed.chunks.erase(key);
      CHECK_NOTHROW(render(holed));
    }
    TestFile nothing = file;
    nothing.chunks.clear();
    CHECK_THROWS_WITH(render(nothing), Catch::Contains("is missing"));
  }
}

TEST_CASE("A missing tile without thumbnail or layers is damage") {
  TestFile file = encode(scene(150, 100), fast(30, "64"));
  file.chunks.erase({holo::fourcc("tile"), 0, 4});
  CHECK_THROWS_WITH(render(file), Catch::Contains("tile 4 is missing"));
  CHECK_NOTHROW(render(file, {0, 0, 64, 64}));
}

TEST_CASE("Lossless is lossless for every model and depth, with and without alpha") {
  for (const int model : {HOLO_GRAY, HOLO_RGB})
    for (const int depth : {1, 8, 12, 16})
      for (const bool alpha : {false, true}) {
        const TestPicture picture = scene(75, 50, model, depth, alpha);
        Settings settings = trained(50, "64");
        settings.lossless = true;
        settings.effort = depth == 12 ? 1 : 5;
        const TestFile file = encode(picture, settings);
        INFO("model " << model << " depth " << depth << " alpha " << alpha);
        CHECK(same(render(file), picture));
        CHECK(same(render(file, {60, 3, 10, 40}), crop(picture, {60, 3, 10, 40})));
      }
}

TEST_CASE("Lossless and what cannot be lossless are told apart") {
  Settings settings = own_basis(3);
  settings.lossless = true;
  CHECK_THROWS_WITH(encode(scene(16, 16), settings), Catch::Contains("never lossless"));
  settings = layered(2);
  settings.lossless = true;
  CHECK_THROWS_WITH(encode(scene(16, 16), settings), Catch::Contains("one layer"));
}

TEST_CASE("Alpha is exact beside lossy colour, in layers, too") {
  const TestPicture picture = scene(100, 75, HOLO_RGB, 8, true);
  for (const Settings& settings : {trained(40, "64"), fast(40, "64"), layered(2, 40)}) {
    TestFile file = encode(picture, settings);
    const TestPicture back = render(file);
    bool exact = true;
    for (int y = 0; y < 75; ++y)
      for (int x = 0; x < 100; ++x) exact = exact && back.get(3, x, y) == picture.get(3, x, y);
    CHECK(exact);
    // Without its chunks it is opaque, and the colour is the same.
    drop(file, holo::fourcc("alph"));
    RenderNotes notes;
    const TestPicture opaque = render(file, {}, 0, 1, &notes);
    CHECK(notes.warnings.size() == 1);
    for (int y = 0; y < 75; y += 7)
      for (int x = 0; x < 100; ++x) {
        CHECK(opaque.get(3, x, y) == 255);
        CHECK(opaque.get(0, x, y) == back.get(0, x, y));
      }
  }
}

TEST_CASE("One sample is that of the whole picture, and costs one tile") {
  const TestPicture picture = scene(260, 140);
  for (const Settings& settings : {trained(60, "64"), fast(60, "64")}) {
    const TestFile file = encode(picture, settings);
    const TestPicture whole = render(file);
    for (const auto& [x, y] : {std::pair{0, 0}, {63, 63}, {64, 10}, {259, 139}, {100, 127}}) {
      RenderNotes notes;
      CHECK(same(render(file, {x, y, 1, 1}, 0, 1, &notes), crop(whole, {x, y, 1, 1})));
      const std::uint32_t part = std::uint32_t(y / 64 * 5 + x / 64);
      CHECK(notes.bytes_read == file.chunks.at({holo::fourcc("tile"), 0, part}).size());
    }
  }
}

TEST_CASE("Impossible parameters of a file are damage") {
  TestFile file = encode(scene(20, 20), fast(50));
  for (const int layers : {-1, 0, 5, 1000000}) {
    file.settings.layers = layers;
    CHECK_THROWS_WITH(render(file), Catch::Contains("layers"));
  }
  file.settings.layers = 1;
  file.chunks.clear();
  for (const int thumbnail : {-5, 0, 1 << 30}) {
    file.settings.thumbnail = thumbnail;
    CHECK_THROWS_WITH(render(file), Catch::Contains("is missing"));
  }
}

TEST_CASE("The better profile, layers, alpha and lossless tiles stand damage") {
  std::mt19937 random(12);
  Settings thumbnailed = trained(40, "64"), lossless = trained(40, "64");
  thumbnailed.thumbnail = 32;
  lossless.lossless = true;
  const TestPicture colour = scene(70, 66), grey = scene(70, 66, HOLO_GRAY, 10, true);
  int refused = 0;
  for (const TestFile& sound :
       {encode(colour, thumbnailed), encode(grey, layered(3, 40)), encode(colour, lossless)})
    for (int round = 0; round < 60; ++round) {
      TestFile file = sound;
      auto at = std::next(file.chunks.begin(), long(random() % file.chunks.size()));
      auto& bytes = at->second;
      switch (random() % 4) {
        case 0:
          bytes.resize(random() % (bytes.size() + 1));
          break;
        case 1:
          file.chunks.erase(at);
          break;
        default:
          for (unsigned i = 0; i < 1 + random() % 8; ++i)
            bytes[random() % bytes.size()] = std::uint8_t(random());
      }
      try {
        render(file, {}, round % 3 == 0 ? 7 : 0);
      } catch (const TestFailure& failure) {
        CHECK((failure.status == HOLO_CORRUPT || failure.status == HOLO_UNSUPPORTED));
        ++refused;
      }
    }
  CHECK(refused > 20);
}
