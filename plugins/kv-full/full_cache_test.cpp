// kv-full: what comes back in each precision, and stored caches.
#include "plugins/kv-full/full_cache.hpp"

#include <catch2/catch.hpp>

#include "plugins/kv-common/cache_test_support.hpp"

using namespace holo;
using namespace holo::kv;

namespace {

constexpr RowShape kShape{2, 8};
constexpr std::int64_t kWidth = 16;

template <class Element>
void check_precision(double error) {
  FullCache<Element> cache(kShape);
  const TestRows rows = random_rows(10, kWidth, 1);
  cache.append(rows.view());
  CHECK(cache.bytes().payload == 10 * kWidth * sizeof(Element));
  const TestRows back = all_rows(cache, kWidth);
  for (std::size_t i = 0; i < rows.values.size(); ++i) {
    CHECK(back.values[i] == Approx(rows.values[i]).epsilon(error).margin(1e-7));
  }
  MemoryChunks chunks;
  cache.store(chunks.sink(), 0);
  FullCache<Element> other(kShape);
  other.restore(chunks.source(), 0);
  CHECK(all_rows(other, kWidth).values == back.values);
  const auto make = [] { return std::make_unique<FullCache<Element>>(kShape); };
  CHECK(try_damage(cache, kWidth, make) >= chunks.chunks[0].size());
}

}  // namespace

TEST_CASE("rows come back as exactly as their precision says", "[kv-full]") {
  check_precision<float>(0);
  check_precision<Half>(0x1p-11);
  check_precision<Bfloat>(0x1p-8);
}

TEST_CASE("a row that is not finite is refused before any is taken", "[kv-full]") {
  FullCache<float> cache(kShape);
  TestRows rows = random_rows(3, kWidth, 1);
  rows.at(2, 5) = INFINITY;
  CHECK_THROWS_AS(cache.append(rows.view()), Failure);
  CHECK(cache.bytes().positions == 0);
}
