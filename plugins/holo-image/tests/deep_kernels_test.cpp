// The arithmetic under the better profile: what vectors compute, plain loops must, too.
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "plugins/holo-image/color.hpp"
#include "plugins/holo-image/deep/matrix.hpp"
#include "plugins/holo-image/deep/mixing.hpp"
#include "plugins/holo-image/deep/post_filter.hpp"
#include "plugins/holo-image/deep/prediction.hpp"
#include "plugins/holo-image/deep/quantizer.hpp"
#include "plugins/holo-image/deep/step_field.hpp"
#include "plugins/holo-image/deep/transform.hpp"

using namespace holo::image;
using namespace holo::image::deep;

namespace {

int between(std::mt19937& random, int low, int high) {
  return low + int(random() % unsigned(high - low + 1));
}

struct alignas(32) AlignedMatrix {
  std::int16_t value[66 * 256];
};

}  // namespace

TEST_CASE("A matrix times a vector is the same with and without vectors") {
  std::mt19937 random(1);
  static AlignedMatrix matrix;
  alignas(32) std::int32_t fast[256], plain[256];
  for (const auto& [rows, columns] :
       {std::pair{2, 16}, {18, 16}, {34, 64}, {66, 256}, {64, 64}, {10, 48}}) {
    for (int round = 0; round < 20; ++round) {
      for (auto& entry : matrix.value) entry = std::int16_t(between(random, -2048, 2047));
      std::vector<std::int16_t> vector(std::size_t(rows), 0);
      for (auto& factor : vector)
        if (round % 4 == 0 || random() % 3 == 0)
          factor = round % 5 == 0 ? std::int16_t(random() % 2 == 0 ? 32767 : -32768)
                                  : std::int16_t(random());
      const int rounding = between(random, 0, 1024);
      multiply(matrix.value, rows, columns, vector.data(), rounding, fast);
      multiply_portable(matrix.value, rows, columns, vector.data(), rounding, plain);
      CHECK(std::equal(fast, fast + columns, plain));
    }
  }
}

TEST_CASE("Mixing and its learning are the same with and without vectors") {
  std::mt19937 random(2);
  for (int round = 0; round < 3000; ++round) {
    alignas(16) std::array<std::int16_t, kLanes> logits{};
    std::array<std::int16_t, kLanes> weights{};
    for (auto& logit : logits) logit = std::int16_t(between(random, -2047, 2047));
    for (auto& weight : weights)
      weight = round % 3 == 0 ? std::int16_t(random() % 2 == 0 ? 32767 : -32768)
                              : std::int16_t(random());
    CHECK(mix(weights.data(), logits.data()) == mix_portable(weights.data(), logits.data()));
    const auto error = std::int16_t(between(random, -4096, 4096));
    auto plain = weights;
    teach(weights.data(), logits.data(), error);
    teach_portable(plain.data(), logits.data(), error);
    CHECK(weights == plain);
  }
}

TEST_CASE("A mix follows what it is taught, and stays a probability") {
  const std::vector<std::uint32_t> contexts(2, kFreshState);
  std::vector<std::int16_t> weights(2 * kLanes, 0);
  weights[0] = weights[kLanes] = 1 << kWeightBits;
  Mixing mixing(contexts, weights);
  Decision decision;
  decision.add(1);
  decision.second_set = 1;
  CHECK(std::abs(int(mixing.foretell(decision)) - 32768) <= 128);
  for (const bool bit : {true, false}) {
    for (int i = 0; i < 3000; ++i) {
      const std::uint32_t chance = mixing.foretell(decision);
      REQUIRE(chance > 0);
      REQUIRE(chance < 65536);
      mixing.learn(bit);
    }
    CHECK((bit ? mixing.foretell(decision) > 64000 : mixing.foretell(decision) < 1500));
  }
}

TEST_CASE("The filter is the same with and without vectors") {
  std::mt19937 random(3);
  for (int round = 0; round < 60; ++round) {
    std::vector<std::int16_t> plane(16 * 8);
    for (auto& sample : plane)
      sample = round % 3 == 0 ? std::int16_t(random() % 2 == 0 ? kInternalMax : kInternalMin)
                              : std::int16_t(between(random, kInternalMin, kInternalMax));
    std::array<std::int16_t, FilterModel::kTaps> taps{};
    for (auto& tap : taps)
      tap =
          std::int16_t(8 * (round % 2 == 0 ? between(random, -128, 127) : between(random, -9, 9)));
    const PaddedPlane padded = pad(plane, 16, 8);
    const std::int32_t clip = clip_of(between(random, kStepMin, kStepMax));
    std::vector<std::int16_t> fast(16 * 8), plain(16 * 8);
    for (int y = 0; y < 8; y += 4)
      for (int x = 0; x < 16; x += 4) {
        const std::ptrdiff_t at = std::ptrdiff_t{y} * 16 + x;
        filter_unit(padded, x, y, taps.data(), clip, fast.data() + at, 16);
        filter_unit_portable(padded, x, y, taps.data(), clip, plain.data() + at, 16);
      }
    CHECK(fast == plain);
  }
}

TEST_CASE("A filter without weight changes nothing, and padding repeats the edges") {
  std::mt19937 random(4);
  TilePixels tile = make_tile({24, 16, 3, 0});
  for (auto& plane : tile.colour)
    for (auto& sample : plane) sample = std::int16_t(between(random, kInternalMin, kInternalMax));
  FilterModel filter;
  CHECK_FALSE(filter_pays(filter));
  filter.taps.assign(std::size_t{FilterModel::kBands} * FilterModel::kPlaneKinds *
                         FilterModel::kFilterClasses * FilterModel::kTaps,
                     0);
  CHECK(filter_pays(filter));
  TilePixels filtered = tile;
  filter_tile(filter, 761, 16, filtered);
  CHECK(filtered.colour == tile.colour);
  const PaddedPlane padded = pad(tile.colour[0], 24, 16);
  CHECK(*padded.at(-3, -3) == tile.colour[0].front());
  CHECK(*padded.at(26, 18) == tile.colour[0].back());
  CHECK(*padded.at(5, 7) == tile.colour[0][7 * 24 + 5]);
}

TEST_CASE("Every step has a band of the filter, and every unit a class") {
  int last = 0;
  for (int step = kStepMin; step <= kStepMax; ++step) {
    const int band = filter_band(step);
    REQUIRE(band >= last);
    REQUIRE(band < FilterModel::kBands);
    last = band;
  }
  CHECK(last == FilterModel::kBands - 1);
  std::mt19937 random(5);
  for (const int range : {0, 1, 60, 2000, 8191}) {
    std::vector<std::int16_t> plane(32 * 32);
    for (auto& sample : plane) sample = std::int16_t(between(random, -range, range));
    for (const int step : {kStepMin, 761, kStepMax}) {
      const auto classes = classify_units(pad(plane, 32, 32), step);
      REQUIRE(classes.size() == 64);
      for (const std::uint8_t unit : classes) CHECK(unit < FilterModel::kFilterClasses);
    }
  }
}

TEST_CASE("Logarithms and powers in sixteenths of an octave are what they say") {
  int last = 0;
  for (std::uint64_t value = 1; value < 70000; ++value) {
    const int found = log2_16(value);
    REQUIRE(found >= last);
    REQUIRE(found <= 16 * std::log2(double(value)) + 1e-9);
    REQUIRE(found > 16 * std::log2(double(value)) - 1.4);
    last = found;
  }
  CHECK(log2_16(~std::uint64_t{0}) == 16 * 63 + 15);
  std::uint32_t before = 0;
  for (int exponent = -224; exponent <= 255; ++exponent) {
    const std::uint32_t found = exp2_16(exponent);
    const double exact = 16384 * std::exp2(exponent / 16.0);
    REQUIRE(found >= before);
    CHECK(std::abs(found - exact) < 1 + exact * 1e-4);
    before = found;
  }
  CHECK(exp2_16(-1000) == exp2_16(-224));
  CHECK(exp2_16(1000) == exp2_16(255));
}

TEST_CASE("Every class of every size gives a residual back") {
  std::mt19937 random(6);
  const Model& model = shipped_model();
  for (int size = 0; size < kSizes; ++size)
    for (int c = 0; c < kClasses[std::size_t(size)]; ++c) {
      const int pixels = kSide[std::size_t(size)] * kSide[std::size_t(size)];
      Block residual{}, flat{}, back{};
      for (int i = 0; i < pixels; ++i)
        residual.sample[i] = std::int16_t(between(random, -3000, 3000));
      Coefficients coefficients;
      analyse(model, size, c, residual, coefficients);
      alignas(32) std::int16_t rounded[kMaxPixels];
      const int shift = coefficient_shift(size);
      for (int k = 0; k < pixels; ++k)
        rounded[k] = std::int16_t(
            std::clamp((coefficients.value[k] + (1 << (shift - 1))) >> shift, -32767, 32767));
      synthesise(model, size, c, rounded, pixels, flat, back);
      double error = 0, energy = 0;
      for (int i = 0; i < pixels; ++i) {
        const double difference = back.sample[i] - residual.sample[i];
        error += difference * difference;
        energy += double(residual.sample[i]) * residual.sample[i];
      }
      INFO("side " << kSide[std::size_t(size)] << ", class " << c);
      CHECK(std::sqrt(error / energy) < 0.05);
    }
}

TEST_CASE("No coefficients are too large for the synthesis") {
  const Model& model = shipped_model();
  std::mt19937 random(7);
  alignas(32) std::int16_t coefficients[kMaxPixels];
  Block prediction{}, out{};
  for (int size = 0; size < kSizes; ++size)
    for (int c = 0; c < kClasses[std::size_t(size)]; ++c) {
      const int pixels = kSide[std::size_t(size)] * kSide[std::size_t(size)];
      for (int k = 0; k < pixels; ++k)
        coefficients[k] =
            dequantize(size, random() % 2 == 0 ? 4095 : -4095, plane_step(1, kStepMax));
      // An odd number, and the last coefficient alone.
      for (const int count : {1, pixels - 1, pixels}) {
        synthesise(model, size, c, coefficients, count, prediction, out);
        for (int i = 0; i < pixels; ++i)
          REQUIRE((out.sample[i] >= kInternalMin && out.sample[i] <= kInternalMax));
      }
    }
}

TEST_CASE("Levels are rebuilt within half a step, towards zero") {
  for (const int size : {0, 3})
    for (const int step : {16, 761, 9045}) {
      CHECK(dequantize(size, 0, step) == 0);
      for (const int level : {1, 2, 5, 17}) {
        const int scale = 1 << coefficient_shift(size);
        if (level * step / scale > kCoefficientMax) continue;
        const int found = dequantize(size, level, step) * scale;
        CHECK(found <= level * step + scale / 2);
        CHECK(found >= level * step - step / 8 - scale);
        CHECK(dequantize(size, -level, step) == -dequantize(size, level, step));
      }
    }
}

TEST_CASE("A ring holds what is decoded and repeats it where nothing is") {
  TileState state({32, 32, 1, 0});
  state.pixels.start = {320, 0, 0};
  for (int y = 0; y < 32; ++y)
    for (int x = 0; x < 32; ++x) state.row(0, y)[x] = std::int16_t(100 * y + x);
  const auto known = [&](int x, int y) {
    Unit unit;
    unit.known = true;
    state.set_units({x, y, 1}, unit);
  };

  const Ring alone = gather_ring(state, {0, 0, 1}, 0);
  CHECK_FALSE(alone.known);
  CHECK(alone.mean == 320);
  for (int i = 0; i < ring_samples(8); ++i) CHECK(alone.sample[std::size_t(i)] == 320);

  known(0, 0);
  const Ring right = gather_ring(state, {8, 0, 1}, 0);  // only the left is known
  CHECK(right.known);
  for (std::size_t i = 0; i < 8; ++i) CHECK(right.sample[17 + i] == 100 * int(i) + 7);
  for (std::size_t i = 8; i < 16; ++i) CHECK(right.sample[17 + i] == 707);
  for (std::size_t i = 0; i <= 16; ++i) CHECK(right.sample[i] == 7);

  known(8, 0);
  const Ring below = gather_ring(state, {0, 8, 1}, 0);  // above and above right
  for (std::size_t i = 0; i < 16; ++i) CHECK(below.sample[1 + i] == 700 + int(i));
  for (std::size_t i = 17; i <= 32; ++i) CHECK(below.sample[i] == 700);
  CHECK(below.sample[0] == 700);

  known(0, 8);
  const Ring inner = gather_ring(state, {8, 8, 1}, 0);
  CHECK(inner.sample[0] == 707);
  for (std::size_t i = 0; i < 8; ++i) {
    CHECK(inner.sample[1 + i] == 708 + int(i));
    CHECK(inner.sample[9 + i] == 715);  // above right is not known
    CHECK(inner.sample[17 + i] == 807 + 100 * int(i));
    CHECK(inner.sample[25 + i] == 1507);
  }
  int sum = 0;
  for (std::size_t i = 1; i <= 8; ++i) sum += inner.sample[i] + inner.sample[16 + i];
  CHECK(inner.mean == (sum + 8) >> 4);

  // At the right edge of the tile there is nothing above right, known or not.
  known(16, 0);
  known(24, 0);
  known(16, 8);
  const Ring edge = gather_ring(state, {24, 8, 1}, 0);
  for (std::size_t i = 0; i < 8; ++i) CHECK(edge.sample[9 + i] == 731);
}

TEST_CASE("A flat ring foretells a flat block in every class") {
  const Model& model = shipped_model();
  TileState state({64, 64, 3, 0});
  state.pixels.start = {-4032, 512, 0};
  for (int size = 0; size < kSizes; ++size)
    for (int c = 0; c < kClasses[std::size_t(size)]; ++c) {
      const Position at{0, 0, size};
      const Ring ring = gather_ring(state, at, 0);
      RingInputs inputs;
      ring_inputs_of(ring, at.side(), inputs);
      Block block;
      predict_from_ring(model, at, c, ring, inputs, block);
      for (int i = 0; i < at.side() * at.side(); ++i) REQUIRE(block.sample[i] == -4032);
    }
}

TEST_CASE("Steps of a field stay within their bounds") {
  for (const int base : {kStepMin, 761, kStepMax})
    for (int offset = -kOffsetMax; offset <= kOffsetMax; ++offset) {
      const std::int32_t step = step_at(base, offset);
      CHECK(step >= kStepMin);
      CHECK(step <= kStepMax);
      if (offset > -kOffsetMax) CHECK(step >= step_at(base, offset - 1));
    }
  CHECK(step_at(761, 0) == 761);
  CHECK(step_at(761, 4) == 1522);
}
