// Elements and rows of them.
#include "plugins/kv-common/float_rows.hpp"

#include <catch2/catch.hpp>

#include "plugins/kv-common/cache_test_support.hpp"

using namespace holo;
using namespace holo::kv;

TEST_CASE("numbers too large for 16 bits become the largest", "[kv-common]") {
  CHECK(to_float(from_float<Half>(1e9F)) == kLargestHalf);
  CHECK(to_float(from_float<Half>(-1e9F)) == -kLargestHalf);
  CHECK(is_finite(from_float<Bfloat>(3.4e38F)));
  CHECK_FALSE(is_finite(Half{0x7C00}));
  CHECK_FALSE(is_finite(Bfloat{0x7F80}));
}

TEST_CASE("query heads share key-value heads in their order", "[kv-common]") {
  const RowShape shape{2, 4};
  FloatRows<float> rows(shape.width());
  const TestRows made = random_rows(3, 8, 1);
  for (int r = 0; r < 3; ++r) rows.push(made.values.data() + r * 8);
  const TestRows query = random_rows(4, 4, 2);
  TestRows scores(4, 3);
  score_into(shape, rows, 1, 2, query.view(), scores.out(), 1);
  for (std::size_t h = 0; h < 4; ++h) {
    CHECK(scores.values[h * 3] == 0);
    for (std::size_t p = 1; p < 3; ++p) {
      double sum = 0;
      for (std::size_t d = 0; d < 4; ++d) {
        sum += double{query.values[h * 4 + d]} * made.values[p * 8 + h / 2 * 4 + d];
      }
      CHECK(scores.values[h * 3 + p] == Approx(sum).margin(1e-5));
    }
  }
  CHECK_THROWS_AS(shape.sharing(3, 4), Failure);
  CHECK_THROWS_AS(shape.sharing(4, 8), Failure);
}
