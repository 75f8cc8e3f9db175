// Rotation and its inverse, in both layouts.
#include <holo/rope.hpp>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

namespace {

constexpr float kFrequencies[] = {1.0F, 0.25F};

holo_rope rope_of(std::int32_t layout, double scale) {
  return {sizeof(holo_rope), layout, 4, 0, scale, kFrequencies};
}

}  // namespace

TEST_CASE("a pair turns by its angle in either layout, the rest of a head stays") {
  for (const std::int32_t layout : {HOLO_ROPE_HALVES, HOLO_ROPE_PAIRS}) {
    const holo_rope described = rope_of(layout, 1.5);
    const holo::Rope rope(&described, 2, 6);
    const int step = layout == HOLO_ROPE_PAIRS ? 2 : 1;
    const int partner = layout == HOLO_ROPE_PAIRS ? 1 : 2;
    float row[12];
    for (int i = 0; i < 12; ++i) row[i] = static_cast<float>(i * i % 7) - 2.5F;
    float turned[12];
    std::copy_n(row, 12, turned);
    rope.rotate(turned, 9);
    for (int head = 0; head < 2; ++head) {
      for (int pair = 0; pair < 2; ++pair) {
        const int x = head * 6 + pair * step;
        const int y = x + partner;
        const double angle = 9.0 * static_cast<double>(kFrequencies[pair]);
        CHECK(turned[x] ==
              Approx(1.5 * (row[x] * std::cos(angle) - row[y] * std::sin(angle))).margin(1e-5));
        CHECK(turned[y] ==
              Approx(1.5 * (row[x] * std::sin(angle) + row[y] * std::cos(angle))).margin(1e-5));
      }
      CHECK(turned[head * 6 + 4] == row[head * 6 + 4]);
      CHECK(turned[head * 6 + 5] == row[head * 6 + 5]);
    }
    rope.unrotate(turned, 9);
    for (int i = 0; i < 12; ++i) CHECK(turned[i] == Approx(row[i]).margin(1e-5));
  }
}

TEST_CASE("a model without a rope turns nothing") {
  const holo::Rope rope(nullptr, 1, 4);
  CHECK_FALSE(rope.turns());
  float row[4] = {1, 2, 3, 4};
  rope.rotate(row, 5);
  CHECK(row[2] == 3);
}

TEST_CASE("an impossible rope is refused") {
  holo_rope odd = rope_of(HOLO_ROPE_HALVES, 1);
  odd.dimensions = 3;
  CHECK_THROWS_AS(holo::Rope(&odd, 1, 4), holo::Failure);
  holo_rope wide = rope_of(HOLO_ROPE_HALVES, 1);
  CHECK_THROWS_AS(holo::Rope(&wide, 1, 2), holo::Failure);
  holo_rope unknown = rope_of(3, 1);
  CHECK_THROWS_AS(holo::Rope(&unknown, 1, 4), holo::Failure);
  holo_rope flat = rope_of(HOLO_ROPE_PAIRS, 0);
  CHECK_THROWS_AS(holo::Rope(&flat, 1, 4), holo::Failure);
}
