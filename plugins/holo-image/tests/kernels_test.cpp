// Kernels on their own: ranges, exactness, golden bytes.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "plugins/holo-image/color.hpp"
#include "plugins/holo-image/fast/prediction.hpp"
#include "plugins/holo-image/fast/tile_codec.hpp"
#include "plugins/holo-image/own-basis/half.hpp"

using namespace holo::image;

TEST_CASE("The bases are orthonormal up to rounding") {
  double worst = 0;
  for (const BlockClass& c : model())
    for (std::size_t a = 0; a < 64; ++a)
      for (std::size_t b = 0; b <= a; ++b) {
        double dot = 0;
        for (std::size_t i = 0; i < 64; ++i) dot += double(c.basis[a][i]) * c.basis[b][i];
        worst = std::max(worst, std::abs(dot / (2048.0 * 2048.0) - (a == b ? 1 : 0)));
      }
  CHECK(worst < 0.005);
}

TEST_CASE("No residual overflows the forward transform, no coefficients the inverse") {
  for (const BlockClass& c : model())
    for (std::size_t k = 0; k < 64; ++k) {
      std::int64_t forward = 0;
      for (std::size_t i = 0; i < 64; ++i) forward += std::abs(std::int64_t{c.basis[k][i]}) * 16383;
      CHECK(forward + 1024 <= std::numeric_limits<std::int32_t>::max());
    }
  CHECK(std::int64_t{64} * kCoefficientMax * 2047 + 128 <=
        std::numeric_limits<std::int32_t>::max());
  CHECK(std::int64_t{kRingSamples} * 2048 * 16383 + 512 <=
        std::numeric_limits<std::int32_t>::max());
  const std::int32_t widest = chroma_step(luma_step(0));
  CHECK(std::int64_t{kLevelMax} * widest + 4 <= std::numeric_limits<std::int32_t>::max());
  CHECK(dequantize(kLevelMax, widest) == kCoefficientMax);
  CHECK(dequantize(-kLevelMax, widest) == -kCoefficientMax);
}

TEST_CASE("Forward and inverse transform give a residual back within one 8-bit step") {
  std::mt19937 random(1);
  for (const BlockClass& c : model()) {
    Block residual, prediction{}, out, coefficients;
    for (auto& r : residual) r = std::int16_t(int(random() % 8000) - 4000);
    Coefficients forward;
    forward_transform(c, residual, forward);
    for (std::size_t k = 0; k < 64; ++k) coefficients[k] = std::int16_t((forward[k] + 4) >> 3);
    inverse_transform(c, coefficients, 64, prediction, out);
    int worst = 0;
    for (std::size_t i = 0; i < 64; ++i) worst = std::max(worst, std::abs(out[i] - residual[i]));
    CHECK(worst < 64);
  }
}

TEST_CASE("Colour conversion gives 8-bit samples back exactly or by one") {
  int worst = 0;
  for (int r = 0; r < 256; r += 5)
    for (int g = 0; g < 256; g += 3)
      for (int b = 0; b < 256; b += 5) {
        const Rgb back =
            to_rgb(to_ycbcr({std::uint16_t(r), std::uint16_t(g), std::uint16_t(b)}, 8), 8);
        worst = std::max({worst, std::abs(back.r - r), std::abs(back.g - g), std::abs(back.b - b)});
      }
  CHECK(worst == 0);
}

TEST_CASE("A flat ring foretells a flat block") {
  std::vector<std::int16_t> samples(32 * 32, 1234);
  const PlaneView plane{samples.data(), 32, 32};
  Block out;
  for (const BlockClass& c : model()) {
    predict_from_ring(c, ring_of(plane, 8, 8, 0), out);
    CHECK(std::all_of(out.begin(), out.end(), [](int v) { return v == 1234; }));
  }
  predict_from_plane(ring_of(plane, 8, 8, 0), ring_of(plane, 8, 8, 0), plane, 8, 8, out);
  CHECK(std::all_of(out.begin(), out.end(), [](int v) { return v == 1234; }));
}

TEST_CASE("The ring repeats the nearest sample where the tile ends") {
  std::vector<std::int16_t> samples(16 * 16);
  std::iota(samples.begin(), samples.end(), std::int16_t{0});
  const PlaneView plane{samples.data(), 16, 16};
  const Ring none = ring_of(plane, 0, 0, 77);
  CHECK(std::all_of(none.begin(), none.end(), [](int v) { return v == 77; }));
  const Ring top = ring_of(plane, 8, 0, 0);
  CHECK(top[0] == 7);
  CHECK(top[16] == 7);
  CHECK(top[24] == 7 * 16 + 7);
  const Ring left = ring_of(plane, 0, 8, 0);
  CHECK(left[0] == 7 * 16);
  CHECK(left[1] == 7 * 16);
  CHECK(left[16] == 7 * 16 + 15);
  CHECK(left[24] == 7 * 16);
  const Ring right = ring_of(plane, 8, 8, 0);
  CHECK(right[8] == 7 * 16 + 15);
  CHECK(right[16] == 7 * 16 + 15);
}

TEST_CASE("The table of steps is its formula") {
  for (int quality = 0; quality <= 100; ++quality)
    CHECK(luma_step(quality) == std::lround(64 * std::pow(2.0, (100 - quality) / 14.0)));
}

TEST_CASE("Every binary16 number is read exactly and written back") {
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    const auto half = std::uint16_t(bits);
    const auto fixed = half_fixed(half);
    if ((half & 0x7C00) == 0x7C00) {
      CHECK_FALSE(fixed.has_value());
      continue;
    }
    const float value = float(double(*fixed) / 16777216.0);
    if (to_half(value) != half && *fixed != 0) FAIL("binary16 " << bits);
  }
  CHECK(to_half(1.0f) == 0x3C00);
  CHECK(to_half(-2.5f) == 0xC100);
  CHECK(to_half(1e9f) == 0x7BFF);
  CHECK(to_half(1.0f + 1.0f / 2048) == 0x3C00);  // a tie goes to even
  CHECK(to_half(1.0f + 3.0f / 2048) == 0x3C02);
  CHECK(to_half(std::ldexp(1.0f, -24)) == 0x0001);
}

TEST_CASE("Levels of every size survive a tile") {
  // Black and white noise at the finest step: the largest levels there are.
  std::mt19937 random(3);
  const TileShape shape{64, 64, 3, 0};
  TilePixels tile = make_tile(shape);
  for (auto& plane : tile.colour)
    for (auto& sample : plane) sample = random() % 2 != 0 ? 8191 : -8192;
  const auto bytes = encode_tile(tile, 100);
  const auto decoded = decode_tile(bytes, shape, 0);
  REQUIRE(decoded.ok());
  double sum = 0;
  for (std::size_t p = 0; p < 3; ++p)
    for (std::size_t i = 0; i < tile.colour[p].size(); ++i) {
      const double d = (tile.colour[p][i] - decoded->colour[p][i]) / 64.0;
      sum += d * d;
    }
  CHECK(sum / (3 * 64 * 64) < 1.0);
}

TEST_CASE("A tile reports its rows, and can be stopped at any of them") {
  const TileShape shape{20, 40, 3, 8};
  TilePixels tile = make_tile(shape);
  for (std::size_t i = 0; i < tile.alpha.size(); ++i) tile.alpha[i] = std::uint16_t(i % 251);
  int rows = 0;
  int calls = 0;
  const auto count = [&](int done) {
    rows += done;
    ++calls;
  };
  const auto bytes = encode_tile(tile, 50, nullptr, count);
  CHECK(rows == 5);
  CHECK(calls >= 5 + 40);
  rows = calls = 0;
  REQUIRE(decode_tile(bytes, shape, 0, count).ok());
  CHECK(rows == 5);
  CHECK(calls >= 5 + 40);

  struct Stop {};
  const auto stop_in_alpha = [](int done) {
    if (done == 0) throw Stop{};
  };
  const auto stop = [](int) { throw Stop{}; };
  CHECK_THROWS_AS(encode_tile(tile, 50, nullptr, stop), Stop);
  CHECK_THROWS_AS(encode_tile(tile, 50, nullptr, stop_in_alpha), Stop);
  CHECK_THROWS_AS(decode_tile(bytes, shape, 0, stop), Stop);
  CHECK_THROWS_AS(decode_tile(bytes, shape, 0, stop_in_alpha), Stop);
}

TEST_CASE("An empty or impossible tile is refused") {
  const TileShape shape{64, 64, 3, 8};
  CHECK(decode_tile({}, shape, 0).error().code == HOLO_CORRUPT);
  const std::vector<std::uint8_t> high = {101, 0, 0, 0, 0, 0, 0};
  CHECK(decode_tile(high, shape, 0).error().code == HOLO_CORRUPT);
}
