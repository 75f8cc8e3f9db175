// Half precision and bfloat16: every bit pattern, and rounding against its definition.
#include "core/spectral/half_float.hpp"

#include <catch2/catch.hpp>
#include <cmath>

namespace holo::spectral {
namespace {

TEST_CASE("every half and bfloat pattern that is a number comes back from float") {
  bool same = true;
  for (std::uint32_t i = 0; i < 65536; ++i) {
    const auto bits = static_cast<std::uint16_t>(i);
    if (!std::isnan(half_to_float(bits))) same = float_to_half(half_to_float(bits)) == bits && same;
    if (std::isfinite(bfloat_to_float(bits))) {
      same = float_to_bfloat(bfloat_to_float(bits)) == bits && same;
    }
  }
  REQUIRE(same);
  REQUIRE(half_to_float(0x3C00) == 1.0f);
  REQUIRE(half_to_float(0x0001) == 0x1p-24f);
  REQUIRE(half_to_float(0xFBFF) == -65504.0f);
  REQUIRE(std::isinf(half_to_float(0x7C00)));
}

TEST_CASE("floats round to the nearest half, ties to the even one") {
  for (std::uint16_t bits = 0; bits < 0x7BFF; ++bits) {
    const double low = half_to_float(bits);
    const double high = half_to_float(static_cast<std::uint16_t>(bits + 1));
    const double middle = (low + high) / 2;  // exact in float
    const auto even = static_cast<std::uint16_t>(bits + (bits & 1));
    if (float_to_half(static_cast<float>(middle)) != even) FAIL("tie above pattern " << bits);
    const float below = std::nextafter(static_cast<float>(middle), 0.0f);
    const float above = std::nextafter(static_cast<float>(middle), 1e9f);
    if (float_to_half(below) != bits) FAIL("below the tie above pattern " << bits);
    if (float_to_half(above) != bits + 1) FAIL("above the tie above pattern " << bits);
  }
  REQUIRE(float_to_half(65520.0f) == 0x7C00);
  REQUIRE(float_to_half(65519.996f) == 0x7BFF);
  REQUIRE(float_to_half(-1e-30f) == 0x8000);
  REQUIRE(float_to_bfloat(1.00390625f) == 0x3F80);
  REQUIRE(float_to_bfloat(1.01171875f) == 0x3F82);
}

}  // namespace
}  // namespace holo::spectral
