// Kernels on their own: ranges, exactness, golden bytes.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "plugins/holo-image/color.hpp"
#include "plugins/holo-image/color_rows.hpp"
#include "plugins/holo-image/fast/block_reader.hpp"
#include "plugins/holo-image/fast/prediction.hpp"
#include "plugins/holo-image/fast/quantizer.hpp"
#include "plugins/holo-image/fast/tile_codec.hpp"
#include "plugins/holo-image/own-basis/half.hpp"

using namespace holo::image;
using namespace holo::image::fast;

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
    Block residual, prediction{}, out;
    for (auto& r : residual) r = std::int16_t(int(random() % 8000) - 4000);
    Coefficients coefficients;
    kernels().forward(c, residual, coefficients);
    SparseBlock block;
    block.count = kBlockPixels;
    for (std::size_t k = 0; k < 64; ++k) {
      block.position[k] = std::uint8_t(k);
      block.value[k] = std::int16_t((coefficients[k] + 4) >> kCoefficientShift);
    }
    kernels().inverse(c, block, prediction, out.data(), kBlockSide);
    int worst = 0;
    for (std::size_t i = 0; i < 64; ++i) worst = std::max(worst, std::abs(out[i] - residual[i]));
    CHECK(worst < 64);
  }
}

TEST_CASE("The vector kernels give what the plain ones give, at the ends of their ranges, too") {
  if (avx2_kernels() == nullptr) {
    WARN("this processor has no AVX2: nothing to compare");
    return;
  }
  const Kernels& plain = portable_kernels();
  const Kernels& vector = *avx2_kernels();
  std::mt19937 random(11);
  const auto within = [&](int limit) {
    return random() % 4 == 0 ? (random() % 2 == 0 ? limit : -limit)
                             : int(random() % unsigned(2 * limit + 1)) - limit;
  };
  for (int round = 0; round < 300; ++round) {
    const int limit = round % 3 == 0 ? 300 : 8191;
    const BlockClass& c = model()[random() % kClasses];
    Block a, b, block;
    for (auto& sample : block) sample = std::int16_t(within(limit));

    RingDifferences differences{};
    for (std::size_t r = 0; r < kRingSamples; ++r) differences[r] = std::int16_t(within(2 * limit));
    const auto mean = std::int16_t(within(limit));
    plain.predict(c, differences, mean, a);
    vector.predict(c, differences, mean, b);
    CHECK(a == b);

    const Regression line{block.data(), kBlockSide, mean, std::int16_t(within(limit)),
                          std::int16_t(within(1536))};
    plain.regress(line, a);
    vector.regress(line, b);
    CHECK(a == b);

    Block residual;
    for (auto& sample : residual) sample = std::int16_t(within(2 * limit));
    Coefficients from_plain, from_vector;
    plain.forward(c, residual, from_plain);
    vector.forward(c, residual, from_vector);
    CHECK(from_plain == from_vector);
    const std::int32_t step = 64 + std::int32_t(random() % 9000);
    CHECK(plain.guess_bits(from_plain, step) == vector.guess_bits(from_plain, step));

    SparseBlock sparse;
    for (int k = 0; k < kBlockPixels; ++k)
      if (round % 5 == 0 || random() % 4 == 0) {
        sparse.position[std::size_t(sparse.count)] = std::uint8_t(k);
        sparse.value[std::size_t(sparse.count++)] =
            std::int16_t(within(round % 2 == 0 ? kCoefficientMax : 900));
      }
    std::array<std::int16_t, 8 * 24> plain_rows{}, vector_rows{};
    plain.inverse(c, sparse, block, plain_rows.data(), 24);
    vector.inverse(c, sparse, block, vector_rows.data(), 24);
    CHECK(plain_rows == vector_rows);
  }
}

namespace {

template <class Vectors>
void check_models_agree() {
  std::mt19937 random(12);
  SymbolModel a = model_of(std::array<std::uint8_t, 2>{40, 20});
  SymbolModel b = model_of(std::array<std::uint8_t, 3>{1, 63, 32});
  for (int round = 0; round < 4000; ++round) {
    MixedModel plain, vector;
    PortableModels::mix(a, b, plain);
    Vectors::mix(a, b, vector);
    CHECK(
        std::equal(plain.start.begin(), plain.start.begin() + kSymbols + 1, vector.start.begin()));
    for (unsigned s = 0; s < kSymbols; ++s) CHECK(vector.share(s).size > 0);
    const std::uint32_t slot = round % 3 == 0 ? kWhole - 1 : random() % kWhole;
    const unsigned symbol = Vectors::find(vector, slot);
    CHECK(PortableModels::find(plain, slot) == symbol);
    CHECK(plain.share(symbol).start <= slot);
    CHECK(slot < plain.share(symbol).start + plain.share(symbol).size);
    // Long runs of one symbol drive shares to their least.
    const unsigned seen = round / 400 % 2 == 0 ? unsigned(round / 400) : symbol;
    SymbolModel taught = a;
    PortableModels::teach(taught, seen);
    Vectors::teach(a, seen);
    CHECK(taught.start == a.start);
    Vectors::teach(b, symbol);
  }
}

}  // namespace

TEST_CASE("Models of symbols are found, mixed and taught alike by loops and by vectors") {
  check_models_agree<AnywhereModels>();
}

TEST_CASE("Blocks of levels are read alike by every reader") {
  std::mt19937 random(15);
  Contexts contexts = starting_contexts(60);
  const BlockTrace outside;
  BlockTrace trace, before;
  SymbolEncoder encoder;
  for (int round = 0; round < 200; ++round) {
    Levels levels;
    for (int k = 0; k < kBlockPixels; ++k)
      if (random() % unsigned(1 + round % 9) == 0) {
        const int value = int(random() % (round % 10 == 0 ? 4095u : 4u)) + 1;
        levels.nonzero.position[std::size_t(levels.nonzero.count)] = std::uint8_t(k);
        levels.nonzero.value[std::size_t(levels.nonzero.count++)] =
            std::int16_t(random() % 2 == 0 ? value : -value);
        levels.length = k + 1;
      }
    levels.nonzero.position[std::size_t(levels.nonzero.count)] = kBlockPixels;
    code_levels(encoder, contexts, {&outside, &trace, round % 2 == 0 ? &before : nullptr, 1, 3},
                levels, trace);
    if (round % 3 == 0) before = trace;
  }
  std::vector<std::uint8_t> bytes;
  encoder.finish(bytes);
  const auto digest_with = [&](ReadLevels read) {
    SymbolDecoder decoder(bytes);
    Contexts fresh = starting_contexts(60);
    BlockTrace own, own_before;
    std::uint64_t hash = 0;
    for (int round = 0; round < 200; ++round) {
      Levels levels;
      read(decoder.at, fresh, {&outside, &own, round % 2 == 0 ? &own_before : nullptr, 1, 3},
           levels, own);
      for (std::size_t i = 0; i < std::size_t(levels.nonzero.count); ++i)
        hash = hash * 1099511628211u + std::uint64_t(levels.nonzero.position[i]) * 65536u +
               std::uint16_t(levels.nonzero.value[i]);
      if (round % 3 == 0) own_before = own;
    }
    CHECK(decoder.complete());
    return hash;
  };
  const std::uint64_t plain = digest_with(portable_read_levels());
  CHECK(digest_with(fastest_read_levels()) == plain);
  if (avx2_read_levels() != nullptr) CHECK(digest_with(avx2_read_levels()) == plain);
}

TEST_CASE("Symbols and raw bits come back in their order, and the end is where it was") {
  std::mt19937 random(13);
  for (const int count : {0, 1, 2, 1000}) {
    SymbolEncoder encoder;
    const SymbolModel start = model_of(std::array<std::uint8_t, 1>{32});
    std::array<SymbolModel, 3> models = {start, start, start};
    std::vector<std::array<std::uint32_t, 3>> coded;
    for (int i = 0; i < count; ++i) {
      const std::uint32_t bits = random() % 17;
      coded.push_back({std::uint32_t(random() % 16 * (random() % 2)), bits,
                       std::uint32_t(random()) & ((1u << bits) - 1)});
      encoder.symbol(models[0], models[1], coded.back()[0]);
      encoder.raw(coded.back()[2], int(bits));
    }
    std::vector<std::uint8_t> bytes;
    encoder.finish(bytes);
    SymbolDecoder bytes_of(bytes);
    SymbolReader<AnywhereModels> decoder(bytes_of.at);
    models = {start, start, start};
    bool same = true;
    for (const auto& [symbol, bits, value] : coded) {
      same = same && decoder.symbol(models[0], models[1], 0) == symbol;
      same = same && decoder.raw(0, int(bits)) == value;
    }
    CHECK(same);
    bytes_of.at = decoder.at();
    CHECK(bytes_of.complete());
    CHECK_FALSE(bytes_of.damaged());
    decoder.raw(0, 16);
    bytes_of.at = decoder.at();
    CHECK(bytes_of.damaged());
  }
}

TEST_CASE("Rows of colour are converted as single samples are") {
  std::mt19937 random(14);
  for (const ColorRows* rows : {&portable_color_rows(), avx2_color_rows()}) {
    if (rows == nullptr) continue;
    for (const std::size_t count : {1u, 15u, 16u, 70u, 4096u}) {
      std::vector<std::uint8_t> r(count), g(count), b(count);
      std::vector<std::int16_t> y(count), cb(count), cr(count);
      for (std::size_t i = 0; i < count; ++i) {
        r[i] = std::uint8_t(i % 5 == 0 ? 255 : random());
        g[i] = std::uint8_t(i % 7 == 0 ? 0 : random());
        b[i] = std::uint8_t(i % 3 == 0 ? 255 : random());
      }
      rows->to_ycbcr({r.data(), g.data(), b.data()}, count, y.data(), cb.data(), cr.data());
      bool same = true;
      for (std::size_t i = 0; i < count; ++i) {
        const YCbCr sample = to_ycbcr({r[i], g[i], b[i]}, 8);
        same = same && sample.y == y[i] && sample.cb == cb[i] && sample.cr == cr[i];
      }
      CHECK(same);
      for (std::size_t i = 0; i < count; ++i) {
        const auto any = [&](std::size_t every) {
          return i % every == 0 ? std::int16_t(random() % 2 == 0 ? kInternalMin : kInternalMax)
                                : std::int16_t(int(random() % 16384) - 8192);
        };
        y[i] = any(4);
        cb[i] = any(5);
        cr[i] = any(6);
      }
      rows->to_rgb({y.data(), cb.data(), cr.data()}, count, r.data(), g.data(), b.data());
      for (std::size_t i = 0; i < count; ++i) {
        const Rgb rgb = to_rgb({y[i], cb[i], cr[i]}, 8);
        same = same && rgb.r == r[i] && rgb.g == g[i] && rgb.b == b[i];
      }
      CHECK(same);
    }
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
    predict_from_ring(kernels(), c, ring_of(plane, 8, 8, 0), out);
    CHECK(std::all_of(out.begin(), out.end(), [](int v) { return v == 1234; }));
  }
  const Ring ring = ring_of(plane, 8, 8, 0);
  predict_from_plane(kernels(), ring, ring, plane, 8, 8, out);
  CHECK(std::all_of(out.begin(), out.end(), [](int v) { return v == 1234; }));
}

TEST_CASE("The ring repeats the nearest sample where the tile ends") {
  std::vector<std::int16_t> samples(16 * 16);
  std::iota(samples.begin(), samples.end(), std::int16_t{0});
  const PlaneView plane{samples.data(), 16, 16};
  const auto none = ring_of(plane, 0, 0, 77).samples;
  CHECK(std::all_of(none.begin(), none.end(), [](int v) { return v == 77; }));
  const auto top = ring_of(plane, 8, 0, 0).samples;
  CHECK(top[0] == 7);
  CHECK(top[16] == 7);
  CHECK(top[24] == 7 * 16 + 7);
  const auto left = ring_of(plane, 0, 8, 0).samples;
  CHECK(left[0] == 7 * 16);
  CHECK(left[1] == 7 * 16);
  CHECK(left[16] == 7 * 16 + 15);
  CHECK(left[24] == 7 * 16);
  const auto right = ring_of(plane, 8, 8, 0).samples;
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
  const auto bytes = encode_tile(tile, 100, 3);
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

TEST_CASE("Every effort codes for the same decoder") {
  std::mt19937 random(4);
  const TileShape shape{50, 41, 3, 0};
  TilePixels tile = make_tile(shape);
  for (std::size_t p = 0; p < 3; ++p)
    for (std::size_t i = 0; i < tile.colour[p].size(); ++i)
      tile.colour[p][i] = std::int16_t(int(i % 56 * 90 * p) - 4000 + int(random() % 2000));
  for (int effort = 1; effort <= 3; ++effort) {
    const auto decoded = decode_tile(encode_tile(tile, 80, effort), shape, 0);
    REQUIRE(decoded.ok());
    double sum = 0;
    for (std::size_t p = 0; p < 3; ++p)
      for (std::size_t i = 0; i < tile.colour[p].size(); ++i) {
        const double d = (tile.colour[p][i] - decoded->colour[p][i]) / 64.0;
        sum += d * d;
      }
    CHECK(sum / (3.0 * double(tile.colour[0].size())) < 4.0);
  }
}

TEST_CASE("A tile reports its rows, and can be stopped at any of them") {
  const TileShape shape{20, 40, 3, 0};
  const TilePixels tile = make_tile(shape);
  int rows = 0;
  const auto count = [&](int done) { rows += done; };
  const auto bytes = encode_tile(tile, 50, 3, count);
  CHECK(rows == 5);
  rows = 0;
  REQUIRE(decode_tile(bytes, shape, 0, count).ok());
  CHECK(rows == 5);

  struct Stop {};
  const auto stop = [&](int done) {
    rows += done;
    if (rows == 3) throw Stop{};
  };
  rows = 0;
  CHECK_THROWS_AS(encode_tile(tile, 50, 3, stop), Stop);
  rows = 0;
  CHECK_THROWS_AS(decode_tile(bytes, shape, 0, stop), Stop);
}

TEST_CASE("An empty or impossible tile is refused") {
  const TileShape shape{64, 64, 3, 0};
  CHECK(decode_tile({}, shape, 0).error().code == HOLO_CORRUPT);
  std::vector<std::uint8_t> head = {101, 128, 128, 128, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0};
  CHECK(decode_tile(head, shape, 0).error().code == HOLO_CORRUPT);
  head[0] = 50;
  head.resize(5);
  CHECK(decode_tile(head, shape, 0).error().code == HOLO_CORRUPT);
}
