// kv-quant: which rows are exact, what a rotation saves, and stored caches.
#include "plugins/kv-quant/quant_cache.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "plugins/kv-common/cache_test_support.hpp"

using namespace holo;
using namespace holo::kv;

namespace {

constexpr std::int64_t kWidth = 32;

QuantOptions options(bool keys, int bits = 4, std::size_t recent = 3, bool rotate = true) {
  QuantOptions made;
  made.format.shape = {2, 16};
  made.format.bits = bits;
  made.format.group = 16;
  made.format.per_channel = keys;
  made.sinks = 2;
  made.recent = recent;
  made.rotate = rotate;
  return made;
}

double distance(const TestRows& a, const TestRows& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    sum += std::pow(double{a.values[i]} - b.values[i], 2);
  }
  return std::sqrt(sum);
}

}  // namespace

TEST_CASE("sinks and recent rows are exact, others near", "[kv-quant]") {
  for (const bool keys : {false, true}) {
    QuantCache cache(options(keys));
    TestRows rows = random_rows(50, kWidth, 1);
    cache.append(rows.view());
    TestRows back = all_rows(cache, kWidth);
    for (std::int64_t p = 0; p < 50; ++p) {
      const bool exact = p < 2 || p >= 47 || (keys && p >= 34);
      double most = 0;
      for (std::int64_t x = 0; x < kWidth; ++x) {
        most = std::max(most, std::fabs(double{back.at(p, x)} - rows.at(p, x)));
      }
      CHECK((most < 0.002) == exact);
      CHECK(most < 1.0);
    }
    // 45 values, or two blocks of 16 keys, in 4 bits; ranges; exact rows.
    const std::uint64_t coded = keys ? 32 : 45;
    const std::uint64_t ranges = keys ? 2 * kWidth : 45 * 2;
    CHECK(cache.bytes().payload == coded * 16 + ranges * 4 + (50 - coded) * kWidth * 2);
  }
}

TEST_CASE("rows one by one give what rows at once give", "[kv-quant]") {
  for (const bool keys : {false, true}) {
    QuantCache whole(options(keys));
    QuantCache pieces(options(keys));
    const TestRows rows = random_rows(60, kWidth, 2);
    whole.append(rows.view());
    for (std::int64_t p = 0; p < 60; ++p) {
      pieces.append(ConstMatrix(rows.values.data() + p * kWidth, kWidth, 1, kWidth));
    }
    CHECK(all_rows(whole, kWidth).values == all_rows(pieces, kWidth).values);
    CHECK(whole.bytes().payload == pieces.bytes().payload);
  }
}

TEST_CASE("a trim inside a block keeps the rows before it", "[kv-quant]") {
  for (const bool keys : {false, true}) {
    for (const std::int64_t left : {0, 1, 2, 10, 18, 25, 49}) {
      QuantCache cache(options(keys));
      const TestRows rows = random_rows(50, kWidth, 3);
      cache.append(rows.view());
      const TestRows before = all_rows(cache, kWidth);
      cache.trim(static_cast<std::uint64_t>(left));
      const TestRows after = all_rows(cache, kWidth);
      REQUIRE(after.height() == left);
      for (std::size_t i = 0; i < after.values.size(); ++i) {
        CHECK(after.values[i] == Approx(before.values[i]).epsilon(0x1p-10).margin(1e-6));
      }
      cache.append(rows.view());
      CHECK(cache.bytes().positions == static_cast<std::uint64_t>(left) + 50);
    }
  }
}

TEST_CASE("the rotation helps where a channel of a value stands out", "[kv-quant]") {
  TestRows rows = random_rows(64, kWidth, 4);
  for (std::int64_t p = 0; p < 64; ++p) rows.at(p, 3) = 20.0F + rows.at(p, 3);
  double error[2];
  for (const bool rotate : {false, true}) {
    QuantCache cache(options(false, 3, 0, rotate));
    cache.append(rows.view());
    error[rotate ? 1 : 0] = distance(rows, all_rows(cache, kWidth));
  }
  CHECK(error[1] < 0.8 * error[0]);
}

TEST_CASE("stored caches come back, damaged ones are refused or harmless", "[kv-quant]") {
  for (const bool keys : {false, true}) {
    for (const std::int64_t count : {1, 10, 40}) {
      QuantCache cache(options(keys, 3));
      const TestRows rows = random_rows(count, kWidth, 5);
      cache.append(rows.view());
      MemoryChunks chunks;
      cache.store(chunks.sink(), 0);
      const auto make = [&] { return std::make_unique<QuantCache>(options(keys, 3)); };
      auto other = make();
      other->restore(chunks.source(), 0);
      CHECK(all_rows(*other, kWidth).values == all_rows(cache, kWidth).values);
      CHECK(other->bytes().payload == cache.bytes().payload);
      CHECK(try_damage(cache, kWidth, make) >= chunks.chunks[0].size());
    }
  }
}
