// Tiles of the better profile: the decoder is the encoder's own, limits are kept, damage is told.
#include <catch2/catch.hpp>
#include <random>

#include "plugins/holo-image/color.hpp"
#include "plugins/holo-image/deep/post_filter.hpp"
#include "plugins/holo-image/deep/tile_codec.hpp"
#include "plugins/holo-image/deep/tile_head.hpp"
#include "plugins/holo-image/deep/training_trace.hpp"

using namespace holo::image;
using namespace holo::image::deep;

namespace {

// Shading, an edge, texture and some noise, up to the coded size.
TilePixels paint(int width, int height, int planes, unsigned seed = 1) {
  std::mt19937 random(seed);
  TilePixels tile = make_tile({width, height, planes, 0});
  for (std::size_t p = 0; p < tile.colour.size(); ++p)
    for (int y = 0; y < tile.shape.coded_height(); ++y)
      for (int x = 0; x < tile.shape.coded_width(); ++x) {
        const int shading = 30 * x - 20 * y + 900 * int(p);
        const int edge = 2 * x + y > width ? 1500 : -1200;
        const int texture = (x * 5 + y * 3) % 16 < 8 ? 200 : -200;
        const int noise = int(random() % 300) - 150;
        tile.colour[p][std::size_t(y) * std::size_t(tile.shape.coded_width()) + std::size_t(x)] =
            clamp_internal(shading + edge + texture + noise);
      }
  return tile;
}

double square_error(const TilePixels& a, const TilePixels& b) {
  double sum = 0, count = 0;
  for (std::size_t p = 0; p < a.colour.size(); ++p)
    for (std::size_t i = 0; i < a.colour[p].size(); ++i, ++count) {
      const double difference = double(a.colour[p][i]) - b.colour[p][i];
      sum += difference * difference;
    }
  return sum / count;
}

// What the decoder must make of a tile, from the encoder's side alone.
TilePixels expected_of(const TrainingTrace& trace, int step, bool filtered) {
  TilePixels expected = trace.decoded;
  if (filtered) filter_tile(shipped_model().filter, step, expected.shape.coded_height(), expected);
  return expected;
}

// As the head of the tile says.
bool is_filtered(std::span<const std::uint8_t> bytes) { return (bytes[0] & 128) != 0; }

holo_status status_of(std::span<const std::uint8_t> bytes, const TileShape& shape,
                      int components = 0, int rows = 0) {
  const auto tile = decode_tile(shipped_model(), bytes, shape, components, rows);
  return tile.ok() ? holo_status{HOLO_OK} : tile.error().code;
}

}  // namespace

TEST_CASE("The decoder makes what the encoder had, at all sizes, steps and efforts") {
  struct Case {
    int width, height, planes, step, effort;
    bool for_the_eye;
  };
  for (const Case& c : {Case{1, 1, 3, 16, 4, false},
                        {1, 1, 1, 9045, 9, true},
                        {1, 200, 3, 761, 5, false},
                        {200, 1, 1, 100, 6, true},
                        {8, 8, 1, 16, 7, false},
                        {8, 8, 3, 3000, 8, true},
                        {33, 17, 3, 16, 9, false},
                        {33, 17, 1, 500, 4, true},
                        {33, 17, 3, 9045, 7, true},
                        {130, 70, 3, 761, 4, false},
                        {130, 70, 3, 2000, 6, true},
                        {130, 70, 1, 200, 8, false}}) {
    const TilePixels tile = paint(c.width, c.height, c.planes);
    TrainingTrace trace;
    const auto bytes =
        encode_tile(shipped_model(), tile, {c.step, c.effort, c.for_the_eye}, {}, &trace);
    const auto decoded = decode_tile(shipped_model(), bytes, tile.shape, 0);
    INFO(c.width << "x" << c.height << " step " << c.step << " effort " << c.effort);
    REQUIRE(decoded.ok());
    CHECK(decoded->colour == expected_of(trace, c.step, is_filtered(bytes)).colour);
    // Uniform error within a step, with the widest that an offset allows, and rounding.
    const double widest = c.for_the_eye ? 2.0 * c.step : c.step;
    CHECK(square_error(tile, *decoded) < widest * widest / 3 + 16 * 16);
  }
}

TEST_CASE("Noise between the ends of the range survives the finest step") {
  std::mt19937 random(3);
  TilePixels tile = make_tile({40, 40, 3, 0});
  for (auto& plane : tile.colour)
    for (auto& sample : plane) sample = random() % 2 != 0 ? kInternalMax : kInternalMin;
  TrainingTrace trace;
  const auto bytes = encode_tile(shipped_model(), tile, {16, 5, false}, {}, &trace);
  const auto decoded = decode_tile(shipped_model(), bytes, tile.shape, 0);
  REQUIRE(decoded.ok());
  // The filter would take it away.
  CHECK_FALSE(is_filtered(bytes));
  CHECK(decoded->colour == expected_of(trace, 16, is_filtered(bytes)).colour);
}

TEST_CASE("Finer steps and more effort pay") {
  const TilePixels tile = paint(64, 64, 3);
  double last_error = 1e9;
  std::size_t last_size = 0;
  for (const int step : {4000, 1500, 500, 100}) {
    const auto bytes = encode_tile(shipped_model(), tile, {step, 5, false});
    const auto decoded = decode_tile(shipped_model(), bytes, tile.shape, 0);
    REQUIRE(decoded.ok());
    CHECK(bytes.size() > last_size);
    CHECK(square_error(tile, *decoded) < last_error);
    last_size = bytes.size();
    last_error = square_error(tile, *decoded);
  }
}

TEST_CASE("A limit of rows gives the same first rows") {
  const TilePixels tile = paint(70, 100, 3);
  const auto width = std::size_t(tile.shape.coded_width());
  for (const bool for_the_eye : {false, true}) {
    const auto bytes = encode_tile(shipped_model(), tile, {900, 4, for_the_eye});
    for (const int components : {0, 3}) {
      const auto whole = decode_tile(shipped_model(), bytes, tile.shape, components);
      REQUIRE(whole.ok());
      for (const int rows : {1, 3, 24, 25, 31, 32, 33, 64, 99, 100, 500}) {
        const auto part = decode_tile(shipped_model(), bytes, tile.shape, components, rows);
        REQUIRE(part.ok());
        const std::size_t shown = width * std::size_t(std::min(rows, 100));
        for (std::size_t p = 0; p < 3; ++p)
          CHECK(std::equal(whole->colour[p].begin(),
                           whole->colour[p].begin() + std::ptrdiff_t(shown),
                           part->colour[p].begin()));
      }
    }
  }
}

TEST_CASE("Rows below the limit are not even read") {
  const TilePixels tile = paint(64, 128, 1);
  const auto bytes = encode_tile(shipped_model(), tile, {500, 4, false});
  const std::span<const std::uint8_t> half(bytes.data(), bytes.size() * 2 / 3);
  CHECK(status_of(half, tile.shape, 0, 10) == HOLO_OK);
  CHECK(status_of(half, tile.shape) == HOLO_CORRUPT);
}

TEST_CASE("Components add up to the whole") {
  const TilePixels tile = paint(64, 48, 3);
  const auto bytes = encode_tile(shipped_model(), tile, {400, 4, false});
  const auto whole = decode_tile(shipped_model(), bytes, tile.shape, 0);
  REQUIRE(whole.ok());
  double last = 1e12;
  for (const int components : {1, 4, 16, 64, 256, 1023}) {
    const auto part = decode_tile(shipped_model(), bytes, tile.shape, components);
    REQUIRE(part.ok());
    const double error = square_error(tile, *part);
    CHECK(error <= last * 1.01 + 1);
    last = error;
  }
  for (const int components : {1024, 1000000}) {
    const auto all = decode_tile(shipped_model(), bytes, tile.shape, components);
    REQUIRE(all.ok());
    CHECK(all->colour == whole->colour);
  }
}

TEST_CASE("A flat tile is a few bytes, and flat again") {
  TilePixels tile = make_tile({96, 64, 3, 0});
  for (std::size_t p = 0; p < 3; ++p)
    std::fill(tile.colour[p].begin(), tile.colour[p].end(), std::int16_t(640 * int(p) - 1280));
  const auto bytes = encode_tile(shipped_model(), tile, {761, 6, false});
  CHECK(bytes.size() < 40);
  const auto decoded = decode_tile(shipped_model(), bytes, tile.shape, 0);
  REQUIRE(decoded.ok());
  CHECK(decoded->colour == tile.colour);
}

TEST_CASE("A tile tells its rows and can be stopped") {
  const TilePixels tile = paint(40, 72, 1);
  int rows = 0;
  const auto count = [&](int done) { rows += done; };
  const auto bytes = encode_tile(shipped_model(), tile, {900, 4, false}, count);
  CHECK(rows == 9);
  rows = 0;
  REQUIRE(decode_tile(shipped_model(), bytes, tile.shape, 0, 0, count).ok());
  CHECK(rows == 9);
  struct Stop {};
  const auto stop = [](int) { throw Stop{}; };
  CHECK_THROWS_AS(encode_tile(shipped_model(), tile, {900, 4, false}, stop), Stop);
  CHECK_THROWS_AS(decode_tile(shipped_model(), bytes, tile.shape, 0, 0, stop), Stop);
}

TEST_CASE("The head of a tile is checked") {
  const TilePixels tile = paint(16, 16, 3);
  const auto sound = encode_tile(shipped_model(), tile, {761, 4, true});
  for (std::size_t length = 0; length < 6; ++length)
    CHECK(status_of(std::span(sound).first(length), tile.shape) == HOLO_CORRUPT);
  auto bytes = sound;
  bytes[0] = std::uint8_t((bytes[0] & 192) | (kModelVersion + 1));
  const auto newer = decode_tile(shipped_model(), bytes, tile.shape, 0);
  REQUIRE_FALSE(newer.ok());
  CHECK(newer.error().code == HOLO_UNSUPPORTED);
  CHECK_THAT(newer.error().message, Catch::Contains("model " + std::to_string(kModelVersion + 1)));
  for (const int step : {0, kStepMin - 1, kStepMax + 1, 65535}) {
    bytes = sound;
    bytes[1] = std::uint8_t(step & 255);
    bytes[2] = std::uint8_t(step >> 8);
    CHECK(status_of(bytes, tile.shape) == HOLO_CORRUPT);
  }
}

TEST_CASE("A tile that is cut is a picture or damage, nothing else") {
  const TilePixels tile = paint(60, 70, 3);
  for (const bool for_the_eye : {false, true}) {
    const auto bytes = encode_tile(shipped_model(), tile, {600, 4, for_the_eye});
    for (std::size_t length = 0; length < bytes.size(); length += 1 + length / 12) {
      const holo_status status = status_of(std::span(bytes).first(length), tile.shape);
      CHECK((status == HOLO_CORRUPT || (status == HOLO_OK && length + 10 > bytes.size())));
    }
  }
}

TEST_CASE("A damaged tile is a picture or damage, nothing else") {
  std::mt19937 random(9);
  int told = 0;
  for (const int planes : {1, 3}) {
    const TilePixels tile = paint(45, 50, planes);
    for (const int step : {16, 761, 9045}) {
      const auto sound = encode_tile(shipped_model(), tile, {step, 4, step == 761});
      for (int round = 0; round < 50; ++round) {
        auto bytes = sound;
        const std::size_t from = round % 2 == 0 ? 0 : 3;
        if (round % 3 == 0) {
          for (std::size_t i = from; i < bytes.size(); ++i) bytes[i] = std::uint8_t(random());
          if (round % 2 == 0) bytes[0] = std::uint8_t(kModelVersion | (random() & 192));
        } else {
          for (int i = 0; i < 1 + round % 5; ++i)
            bytes[from + random() % (bytes.size() - from)] = std::uint8_t(random());
        }
        const auto found =
            decode_tile(shipped_model(), bytes, tile.shape, round % 7 == 0 ? 5 : 0, round % 40);
        if (found.ok()) {
          for (const auto& plane : found->colour)
            for (const std::int16_t sample : plane)
              REQUIRE((sample >= kInternalMin && sample <= kInternalMax));
        } else {
          CHECK((found.error().code == HOLO_CORRUPT || found.error().code == HOLO_UNSUPPORTED));
          ++told;
        }
      }
    }
  }
  CHECK(told > 20);
}

TEST_CASE("A model that is no model is refused") {
  const std::span<const std::uint8_t> sound = shipped_model_bytes();
  REQUIRE(read_model(sound).ok());
  for (std::size_t length = 0; length < sound.size(); length += 1 + length / 2) {
    const auto cut = read_model(sound.first(length));
    REQUIRE_FALSE(cut.ok());
    CHECK(cut.error().code == HOLO_CORRUPT);
  }
  CHECK_FALSE(read_model(sound.first(sound.size() - 1)).ok());
  std::vector<std::uint8_t> longer(sound.begin(), sound.end());
  longer.push_back(0);
  CHECK_FALSE(read_model(longer).ok());
  for (std::size_t at = 0; at < 6; ++at) {  // the magic number and the version
    std::vector<std::uint8_t> other(sound.begin(), sound.end());
    other[at] ^= 1;
    CHECK_FALSE(read_model(other).ok());
  }
}

TEST_CASE("Whatever numbers a model holds, its indices are in range") {
  std::mt19937 random(10);
  const std::span<const std::uint8_t> sound = shipped_model_bytes();
  for (int round = 0; round < 2; ++round) {
    std::vector<std::uint8_t> bytes(sound.begin(), sound.end());
    for (std::size_t i = 6; i + 1 < bytes.size(); ++i)
      if (round == 0 || random() % 50 == 0) bytes[i] = std::uint8_t(random());
    const auto model = read_model(bytes);
    if (!model.ok()) {
      CHECK(model.error().code == HOLO_CORRUPT);
      continue;
    }
    for (const auto& classes : (*model)->sizes)
      for (const ClassModel& c : classes) {
        for (const std::uint8_t bin : c.bin) REQUIRE(bin < kBins);
        for (const std::uint16_t frequency : c.frequency) REQUIRE(frequency < kMaxPixels);
      }
    for (const std::uint32_t state : (*model)->contexts) REQUIRE((state & kCountMask) <= 32);
  }
}
