// The lossless profile: every sample comes back, whatever the picture; damage is told, never
// believed.
#include <catch2/catch.hpp>
#include <functional>
#include <numeric>
#include <random>

#include "plugins/holo-image/lossless/least_squares.hpp"
#include "plugins/holo-image/lossless/tile_codec.hpp"
#include "plugins/holo-image/lossless/unit_samples.hpp"
#include "plugins/holo-image/tests/memory_boundary.hpp"

using namespace holo::image::lossless;

namespace {

using Painter = std::function<unsigned(int plane, int x, int y)>;

Samples paint(const Shape& shape, const Painter& painter) {
  Samples samples{shape, {}};
  for (int p = 0; p < shape.planes; ++p) {
    auto& plane = samples.planes.emplace_back();
    for (int y = 0; y < shape.height; ++y)
      for (int x = 0; x < shape.width; ++x)
        plane.push_back(std::uint16_t(painter(p, x, y) & shape.top()));
  }
  return samples;
}

Painter noise(unsigned seed) {
  return [random = std::mt19937(seed)](int, int, int) mutable { return unsigned(random()); };
}

unsigned smooth(int plane, int x, int y) {
  return unsigned(40 + plane * 20 + x + y * 2 + x * y / 40 + (x * 7 + y * 13) % 3);
}

// Flat shapes of few colours with sharp edges.
unsigned drawing(int plane, int x, int y) {
  const int cell = (x / 13 + y / 9) % 4;
  return cell == 0 ? 255u : cell == 1 ? unsigned(40 * plane) : x % 13 == y % 9 ? 0u : 200u;
}

std::size_t round_trip(const Samples& samples, int effort) {
  const auto bytes = encode_tile(samples, effort);
  const auto back = decode_tile(bytes, samples.shape);
  REQUIRE(back.ok());
  CHECK(back->planes == samples.planes);
  return bytes.size();
}

// FNV-1a.
std::uint64_t digest(const std::vector<std::uint8_t>& bytes) {
  std::uint64_t hash = 14695981039346656037u;
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 1099511628211u;
  return hash;
}

}  // namespace

TEST_CASE("Every depth and number of planes comes back exactly") {
  for (const int effort : {1, 5})
    for (int depth = 1; depth <= 16; ++depth)
      for (int planes = 1; planes <= 4; ++planes) {
        INFO("effort " << effort << ", depth " << depth << ", planes " << planes);
        const Shape shape{37, 23, planes, depth};
        round_trip(paint(shape, noise(unsigned(depth))), effort);
        round_trip(paint(shape, smooth), effort);
        round_trip(paint(shape, drawing), effort);
        round_trip(paint(shape, [](int, int x, int y) { return (x + y) % 2 == 0 ? 0u : ~0u; }),
                   effort);
      }
}

TEST_CASE("Every size comes back exactly") {
  for (const int effort : {1, 5})
    for (const auto& [width, height] : {std::pair{1, 1},
                                        {2, 1},
                                        {1, 2},
                                        {3, 3},
                                        {7, 5},
                                        {8, 8},
                                        {9, 33},
                                        {64, 1},
                                        {1, 64},
                                        {65, 31},
                                        {129, 17}}) {
      INFO("effort " << effort << ", " << width << "x" << height);
      const Shape shape{width, height, 4, 8};
      round_trip(paint(shape, smooth), effort);
      round_trip(paint(shape, noise(7)), effort);
    }
}

TEST_CASE("Long thin pictures come back, and simple ones are tiny") {
  for (const int effort : {1, 5}) {
    const Painter ramp = [](int plane, int x, int y) { return unsigned((x + y) / 100 + plane); };
    CHECK(round_trip(paint({1, 20000, 3, 8}, ramp), effort) < 1000);
    CHECK(round_trip(paint({20000, 1, 3, 8}, ramp), effort) < 1000);
    const Painter one = [](int, int, int) { return 77u; };
    CHECK(round_trip(paint({300, 200, 4, 8}, one), effort) <= 7);
    // Two flat halves: the flat rows must cost next to nothing.
    const Painter halves = [](int, int, int y) { return y < 100 ? 10u : 90u; };
    CHECK(round_trip(paint({256, 200, 1, 8}, halves), effort) < 160);
  }
}

TEST_CASE("The full method is smaller than the fast one, and both than the samples") {
  const Samples samples =
      paint({96, 96, 3, 8}, [random = std::mt19937(3)](int p, int x, int y) mutable {
        return smooth(p, x, y) + unsigned(random() % 8);
      });
  const std::size_t full = encode_tile(samples, 5).size();
  const std::size_t fast = encode_tile(samples, 1).size();
  CHECK(full < fast);
  CHECK(fast < 96 * 96 * 3 * 5 / 8);
}

TEST_CASE("Random samples do not grow") {
  for (const int depth : {8, 16}) {
    const std::size_t raw = std::size_t(64 * 64 * 3 * depth / 8);
    CHECK(round_trip(paint({64, 64, 3, depth}, noise(5)), 5) < raw + raw / 20);
  }
}

TEST_CASE("An opaque alpha plane takes two bytes") {
  const std::vector<std::uint16_t> opaque(50 * 40, 255);
  const auto bytes = encode_plane(opaque, 50, 40, 8, 5);
  CHECK(bytes == std::vector<std::uint8_t>{0, 0xC0});
  const auto back = decode_plane(bytes, 50, 40, 8);
  REQUIRE(back.ok());
  CHECK(*back == opaque);
}

TEST_CASE("Progress adds up to rows of 8 samples") {
  for (const int planes : {1, 4}) {
    const Samples samples = paint({20, 43, planes, 8}, smooth);
    int written = 0, read = 0;
    const auto bytes = encode_tile(samples, 5, [&](int rows) { written += rows; });
    REQUIRE(decode_tile(bytes, samples.shape, [&](int rows) { read += rows; }).ok());
    CHECK(written == 6);
    CHECK(read == 6);
  }
}

TEST_CASE("What progress throws stops the coder") {
  const Samples samples = paint({20, 40, 1, 8}, smooth);
  const auto bytes = encode_tile(samples, 5);
  const auto stop = [](int) { throw 5; };
  CHECK_THROWS_AS(encode_tile(samples, 5, stop), int);
  CHECK_THROWS_AS(static_cast<void>(decode_tile(bytes, samples.shape, stop)), int);
}

TEST_CASE("A tile cut anywhere is refused or gives samples of its shape") {
  for (const int effort : {1, 5}) {
    const Samples samples = paint({24, 24, 3, 8}, noise(11));
    const auto bytes = encode_tile(samples, effort);
    std::size_t refused = 0;
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      const auto tile = decode_tile({bytes.data(), length}, samples.shape);
      if (!tile.ok()) {
        CHECK(tile.error().code == HOLO_CORRUPT);
        ++refused;
      } else {
        REQUIRE(tile->planes.size() == 3);
        for (const auto& plane : tile->planes) REQUIRE(plane.size() == samples.shape.area());
        CHECK(tile->planes != samples.planes);
      }
    }
    CHECK(refused + 16 > bytes.size());
  }
}

TEST_CASE("An unknown method and impossible low bits are refused") {
  const Shape shape{8, 8, 1, 4};
  CHECK_FALSE(decode_tile(std::vector<std::uint8_t>{}, shape).ok());
  CHECK_FALSE(decode_tile(std::vector<std::uint8_t>{3, 0, 0}, shape).ok());
  // Not constant (0), then 15 low bits of 4.
  CHECK_FALSE(decode_tile(std::vector<std::uint8_t>{0, 0x78, 0, 0, 0}, shape).ok());
}

TEST_CASE("Samples decoded from damaged bytes stay within the depth") {
  std::mt19937 random(17);
  for (int round = 0; round < 200; ++round) {
    const Shape shape{1 + int(random() % 40), 1 + int(random() % 40), 1 + int(random() % 4),
                      1 + int(random() % 16)};
    std::vector<std::uint8_t> bytes(2000);
    for (auto& byte : bytes) byte = std::uint8_t(random());
    bytes[0] = std::uint8_t(round % 3);
    const auto tile = decode_tile(bytes, shape);
    if (!tile.ok()) continue;
    for (const auto& plane : tile->planes)
      for (const std::uint16_t sample : plane) REQUIRE(sample <= shape.top());
  }
}

TEST_CASE("Least squares find the weights that made the equations") {
  constexpr int kFeatures = 3;
  const std::array<std::int64_t, kFeatures> truth{2, -1, 3};
  std::mt19937 random(23);
  Equations equations{};
  for (int i = 0; i < 500; ++i) {
    std::array<std::int64_t, kFeatures> feature;
    std::int64_t value = 0;
    for (std::size_t k = 0; k < kFeatures; ++k) {
      feature[k] = std::int64_t(random() % 200) - 100;
      value += truth[k] * feature[k];
    }
    for (std::size_t a = 0; a < kFeatures; ++a) {
      for (std::size_t b = 0; b <= a; ++b)
        equations[triangle(int(a)) + b] += feature[a] * feature[b];
      equations[triangle(kFeatures) + a] += feature[a] * value;
    }
  }
  Weights weights{};
  solve(equations, kFeatures, weights);
  for (std::size_t k = 0; k < kFeatures; ++k) CHECK(std::abs(weights[k] - truth[k] * 65536) < 66);
}

TEST_CASE("Least squares survive any equations") {
  std::mt19937_64 random(29);
  for (int round = 0; round < 300; ++round) {
    Equations equations;
    for (auto& entry : equations) entry = std::int64_t(random()) >> (round % 64);
    Weights weights{};
    solve(equations, 1 + round % kMaxFeatures, weights);
    for (const std::int32_t weight : weights) CHECK(std::abs(weight) <= 8 * 65536);
  }
}

TEST_CASE("The worked examples of the specification hold") {
  using Bytes = std::vector<std::uint8_t>;
  const auto coded = [](int width, int height, std::vector<std::vector<std::uint16_t>> planes,
                        int effort) {
    return encode_tile({{width, height, int(planes.size()), 8}, std::move(planes)}, effort);
  };
  CHECK(coded(4, 2, {std::vector<std::uint16_t>(8, 10)}, 5) == Bytes{0, 0x82, 0x80});
  CHECK(coded(4, 1, {{128, 129, 131, 140}}, 1) == Bytes{1, 0, 0x53, 0xF8, 0x30});
  CHECK(coded(3, 2, {{100, 102, 104, 101, 103, 90}}, 5) ==
        Bytes{0, 0, 0x01, 0x1B, 0xE9, 0x3E, 0xCA});
  CHECK(coded(2, 2, {{9, 10, 11, 12}, {20, 21, 22, 23}, {5, 5, 5, 5}}, 1) ==
        Bytes{1, 0, 0, 0, 0x5B, 0x55, 0xC7, 0x1B, 0x6A, 0xA5, 0xA5, 0xC0});
}

TEST_CASE("Regions travel between pictures and tiles") {
  using holo::image::test::TestPicture;
  for (const int depth : {8, 12})
    for (const auto& [model, alpha] : {std::pair{HOLO_GRAY, false}, {HOLO_RGB, true}}) {
      TestPicture picture(21, 17, model, depth, alpha);
      for (int p = 0; p < picture.planes(); ++p)
        for (int y = 0; y < 17; ++y)
          for (int x = 0; x < 21; ++x) picture.set(p, x, y, std::uint16_t(x * 8 + y + p * 40));
      const holo::Region tile{8, 5, 10, 9};
      const holo::Region wanted{3, 7, 9, 10};  // shares columns 8..11 and rows 7..13 with the tile
      const Samples samples = read_samples(holo::Unit(&picture.unit), picture.image, tile);
      CHECK(samples.shape.planes == picture.planes());
      CHECK(samples.shape.depth == depth);
      CHECK(samples.planes[0][0] == picture.get(0, 8, 5));
      TestPicture out(9, 10, model, depth, alpha);
      write_samples(samples, picture.image, tile, wanted, holo::Unit(&out.unit));
      for (int p = 0; p < out.planes(); ++p)
        for (int y = 0; y < 10; ++y)
          for (int x = 0; x < 9; ++x) {
            const bool shared = x >= 5 && y < 7;
            CHECK(out.get(p, x, y) == (shared ? picture.get(p, x + 3, y + 7) : 0));
          }
    }
}

TEST_CASE("Samples beyond the depth are refused") {
  holo::image::test::TestPicture picture(4, 4, HOLO_GRAY, 10);
  picture.set(0, 2, 1, 1024);
  CHECK_THROWS_AS(read_samples(holo::Unit(&picture.unit), picture.image, {0, 0, 4, 4}),
                  holo::Failure);
}

TEST_CASE("Tiles keep their bytes") {
  const Samples rgb = paint({45, 31, 4, 8}, smooth);
  const Samples deep = paint({33, 20, 1, 16}, [](int, int x, int y) {
    return unsigned(x * 1500 + y * 700 + x * y * 37 % 900);
  });
  CHECK(digest(encode_tile(rgb, 5)) == 0x64c8db9d8538fed1u);
  CHECK(digest(encode_tile(rgb, 1)) == 0xce1ba353d5143b81u);
  CHECK(digest(encode_tile(deep, 5)) == 0xe346658fdf289fa3u);
  CHECK(digest(encode_tile(deep, 1)) == 0xdea5db2717a7f05eu);
}
