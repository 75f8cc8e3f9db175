// Quantised rows: errors within half a step, products that agree with the rows, rotation.
#include "plugins/kv-quant/level_rows.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "plugins/kv-common/cache_test_support.hpp"
#include "plugins/kv-common/float_rows.hpp"
#include "plugins/kv-quant/hadamard.hpp"

using namespace holo;
using namespace holo::kv;

namespace {

LevelFormat format(std::size_t dim, int bits, bool per_channel) {
  LevelFormat made;
  made.shape = {2, dim};
  made.bits = bits;
  made.group = 16;
  made.per_channel = per_channel;
  return made;
}

}  // namespace

TEST_CASE("a level is within half a step of the value", "[kv-quant]") {
  for (const std::size_t dim : {4u, 8u, 12u, 20u, 48u}) {
    for (const int bits : {2, 3, 4, 8}) {
      for (const bool per_channel : {false, true}) {
        const LevelFormat f = format(dim, bits, per_channel);
        const auto width = static_cast<std::int64_t>(f.shape.width());
        const TestRows rows = random_rows(16, width, 1);
        LevelRows coded(f);
        for (std::size_t r = 0; r < 16; r += f.block()) {
          coded.push_block(rows.values.data() + r * f.shape.width());
        }
        REQUIRE(coded.count() == 16);
        std::vector<float> row(f.shape.width());
        const auto [low, high] = std::minmax_element(rows.values.begin(), rows.values.end());
        // A range of a group is no wider than that of all numbers; f16 adds a little.
        const double step = (*high - *low) / ((1 << bits) - 1);
        for (std::size_t r = 0; r < 16; ++r) {
          coded.read(r, row.data());
          for (std::size_t x = 0; x < row.size(); ++x) {
            CHECK(std::fabs(row[x] - rows.values[r * row.size() + x]) <= 0.51 * step + 0.01);
          }
        }
      }
    }
  }
}

TEST_CASE("the largest value of a group is not cut off", "[kv-quant]") {
  const LevelFormat f = format(16, 8, false);
  // Down to scales that are subnormal in float16, where rounding may take a third of them.
  for (float largest = 1.7F; largest > 1e-7F; largest *= 0.93F) {
    std::vector<float> row(f.shape.width(), 0.0F);
    row[3] = row[20] = largest;
    LevelRows coded(f);
    coded.push_block(row.data());
    std::vector<float> back(row.size());
    coded.read(0, back.data());
    const float step = largest / 255.0F * (1 + 0x1p-10F) + 0x1p-24F;
    CHECK(back[0] == 0.0F);
    CHECK(std::fabs(back[3] - largest) <= 0.5F * step + 1e-6F * largest);
    CHECK(back[3] == back[20]);
  }
}

TEST_CASE("products on levels are those of the rows that come back", "[kv-quant]") {
  for (const std::size_t dim : {4u, 20u, 64u}) {
    for (const int bits : {2, 3, 4, 8}) {
      for (const bool per_channel : {false, true}) {
        const LevelFormat f = format(dim, bits, per_channel);
        const auto d = static_cast<std::int64_t>(dim);
        const TestRows rows = random_rows(80, 2 * d, 2);
        LevelRows coded(f);
        for (std::size_t r = 0; r < 80; r += f.block()) {
          coded.push_block(rows.values.data() + r * f.shape.width());
        }
        FloatRows<float> plain(f.shape.width());
        std::vector<float> row(f.shape.width());
        for (std::size_t r = 0; r < 80; ++r) {
          coded.read(r, row.data());
          plain.push(row.data());
        }
        if (per_channel) {
          const TestRows query = random_rows(4, d, 3);
          TestRows want(4, 81);
          TestRows got(4, 81);
          score_into(f.shape, plain, 0, 80, query.view(), want.out(), 1);
          coded.score(query.view(), got.out(), 1);
          for (std::size_t i = 0; i < want.values.size(); ++i) {
            CHECK(got.values[i] == Approx(want.values[i]).margin(1e-3));
          }
        } else {
          const TestRows weights = random_rows(4, 81, 4);
          TestRows want(4, d);
          TestRows got(4, d);
          mix_into(f.shape, plain, 0, 80, weights.view(), 1, want.out());
          coded.add_mix(weights.view(), 1, got.out());
          for (std::size_t i = 0; i < want.values.size(); ++i) {
            CHECK(got.values[i] == Approx(want.values[i]).margin(1e-3));
          }
        }
      }
    }
  }
}

TEST_CASE("the rotation keeps products and is its own inverse", "[kv-quant]") {
  for (const std::size_t dim : {5u, 12u, 48u, 64u, 512u}) {
    const auto width = static_cast<std::int64_t>(2 * dim);
    const TestRows a = random_rows(1, width, 5);
    const TestRows b = random_rows(1, width, 6);
    TestRows ra = a;
    TestRows rb = b;
    rotate_heads(ra.values.data(), 2, dim);
    rotate_heads(rb.values.data(), 2, dim);
    double before = 0;
    double after = 0;
    for (std::size_t i = 0; i < dim; ++i) {
      before += double{a.values[i]} * b.values[i];
      after += double{ra.values[i]} * rb.values[i];
    }
    CHECK(after == Approx(before).margin(1e-4));
    rotate_heads(ra.values.data(), 2, dim);
    for (std::size_t i = 0; i < a.values.size(); ++i) {
      CHECK(ra.values[i] == Approx(a.values[i]).margin(1e-5));
    }
  }
}
