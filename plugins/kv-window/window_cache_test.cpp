// kv-window: which rows stay, what products make of those that do not, and stored caches.
#include "plugins/kv-window/window_cache.hpp"

#include <catch2/catch.hpp>

#include "plugins/kv-common/cache_test_support.hpp"

using namespace holo;
using namespace holo::kv;

namespace {

constexpr RowShape kShape{2, 8};
constexpr std::int64_t kWidth = 16;
using Cache = WindowCache<float>;

// Checks rows, scores and mix of `cache` against `rows`, of which those in `kept` are held.
template <class Kept>
void check_cache(Cache& keys, Cache& values, TestRows& rows, Kept&& kept) {
  const auto positions = static_cast<std::int64_t>(keys.bytes().positions);
  TestRows key_rows = all_rows(keys, kWidth);
  TestRows value_rows = all_rows(values, kWidth);
  const TestRows query = random_rows(4, 8, 8);
  TestRows scores(4, positions);
  keys.score(query.view(), scores.out());
  TestRows out(4, 8);
  const TestRows weights = random_rows(4, positions, 9);
  values.mix(weights.view(), out.out());
  std::vector<double> sums(4 * 8);
  for (std::int64_t p = 0; p < positions; ++p) {
    for (std::int64_t h = 0; h < 4; ++h) {
      double score = 0;
      for (std::int64_t d = 0; d < 8; ++d) {
        const float value = rows.at(p, h / 2 * 8 + d);
        score += double{query.values[static_cast<std::size_t>(h * 8 + d)]} * value;
        if (!kept(p)) continue;
        sums[static_cast<std::size_t>(h * 8 + d)] +=
            double{weights.values[static_cast<std::size_t>(h * positions + p)]} * value;
      }
      if (kept(p)) {
        CHECK(scores.at(h, p) == Approx(score).margin(1e-4));
      } else {
        CHECK(scores.at(h, p) == -INFINITY);
      }
    }
    for (std::int64_t x = 0; x < kWidth; ++x) {
      CHECK((kept(p) ? key_rows.at(p, x) == rows.at(p, x) : std::isnan(key_rows.at(p, x))));
      CHECK(value_rows.at(p, x) == (kept(p) ? rows.at(p, x) : 0.0F));
    }
  }
  for (std::size_t i = 0; i < sums.size(); ++i)
    CHECK(out.values[i] == Approx(sums[i]).margin(1e-4));
}

}  // namespace

TEST_CASE("sinks and the last rows stay", "[kv-window]") {
  Cache keys(kShape, true, 2, 5);
  Cache values(kShape, false, 2, 5);
  TestRows rows = random_rows(40, kWidth, 1);
  for (std::int64_t p = 0; p < 40; ++p) {
    const ConstMatrix row(rows.values.data() + p * kWidth, kWidth, 1, kWidth);
    keys.append(row);
    values.append(row);
    check_cache(keys, values, rows, [&](std::int64_t q) { return q < 2 || q > p - 5; });
  }
  CHECK(keys.bytes().payload == 7 * kWidth * sizeof(float));
}

TEST_CASE("what was dropped stays dropped after a trim", "[kv-window]") {
  for (const std::int64_t left : {1, 2, 10, 16, 18, 20}) {
    Cache keys(kShape, true, 2, 5);
    Cache values(kShape, false, 2, 5);
    TestRows rows = random_rows(40, kWidth, 2);
    const ConstMatrix first(rows.values.data(), kWidth, 20, kWidth);
    keys.append(first);
    values.append(first);
    keys.trim(static_cast<std::uint64_t>(left));
    values.trim(static_cast<std::uint64_t>(left));
    check_cache(keys, values, rows, [&](std::int64_t q) { return q < 2 || q >= 15; });
    const ConstMatrix more(rows.values.data() + left * kWidth, kWidth, 3, kWidth);
    keys.append(more);
    values.append(more);
    check_cache(keys, values, rows, [&](std::int64_t q) {
      return q < 2 || q >= std::max(left + 3 - 5, std::min<std::int64_t>(left, left <= 2 ? 0 : 15));
    });
  }
}

TEST_CASE("stored windows come back, damaged ones are refused or harmless", "[kv-window]") {
  for (const std::int64_t count : {1, 6, 30}) {
    Cache cache(kShape, false, 2, 5);
    const TestRows rows = random_rows(count, kWidth, 3);
    cache.append(rows.view());
    MemoryChunks chunks;
    cache.store(chunks.sink(), 0);
    const auto make = [] { return std::make_unique<Cache>(kShape, false, 2, 5); };
    auto other = make();
    other->restore(chunks.source(), 0);
    CHECK(all_rows(*other, kWidth).values == all_rows(cache, kWidth).values);
    CHECK(other->bytes().payload == cache.bytes().payload);
    CHECK(try_damage(cache, kWidth, make) >= chunks.chunks[0].size());
  }
}
