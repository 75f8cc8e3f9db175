// The grid: its levels, its cells, and that codes and values are inverse to each other.
#include "plugins/phi-weights/phi_grid.hpp"

#include <catch2/catch.hpp>
#include <cmath>

namespace phi_weights {
namespace {

TEST_CASE("grid without deviation is plus and minus powers of the golden ratio, and zero") {
  for (const int index_bits : {5, 6}) {
    const PhiGrid grid(index_bits, 0);
    const int magnitudes = (1 << index_bits) / 2 - 1;
    REQUIRE(grid.value(0) == 0);
    for (int k = 0; k < magnitudes; ++k) {
      const double expected = std::pow((1 + std::sqrt(5.0)) / 2, -k);
      REQUIRE(grid.value(static_cast<std::uint32_t>(1 + k)) == Approx(expected).epsilon(1e-13));
      REQUIRE(grid.value(static_cast<std::uint32_t>(1 + magnitudes + k)) ==
              Approx(-expected).epsilon(1e-13));
    }
    REQUIRE(grid.used(static_cast<std::uint32_t>(2 * magnitudes)));
    REQUIRE_FALSE(grid.used(static_cast<std::uint32_t>(2 * magnitudes + 1)));
  }
}

TEST_CASE("every used code is the code of its value, for every number of bits") {
  for (const int index_bits : {5, 6}) {
    for (int deviation_bits = 0; deviation_bits <= kMaxDeviationBits; ++deviation_bits) {
      const PhiGrid grid(index_bits, deviation_bits);
      bool inverse = true;
      for (std::uint32_t code = 0; grid.used(code) && code < 1u << grid.code_bits(); ++code) {
        inverse = grid.code(grid.value(code)) == code && inverse;
      }
      INFO("index bits " << index_bits << ", deviation bits " << deviation_bits);
      REQUIRE(inverse);
    }
  }
}

TEST_CASE("values are off by half a step of their cell at most, and zero is exact") {
  const PhiGrid grid(5, 8);
  REQUIRE(grid.value(grid.code(0.0)) == 0);
  REQUIRE(grid.value(grid.code(-0.0)) == 0);
  const double smallest = std::pow(kPhi, -14);
  for (int i = -200000; i <= 200000; ++i) {
    const double x = i / 200000.0;
    // A cell spans (phi - 1/phi) / 2 = 1/2 of its level; the zero level's spans one level.
    const double level = std::max(std::fabs(x) / 0.8, smallest);
    REQUIRE(std::fabs(grid.value(grid.code(x)) - x) <= level * 1.01 / 256);
  }
}

TEST_CASE("without deviation the nearest level is taken") {
  const PhiGrid grid(6, 0);
  for (int i = -5000; i <= 5000; ++i) {
    const double x = i / 5000.0;
    double best = 2;
    for (std::uint32_t code = 0; grid.used(code); ++code) {
      best = std::min(best, std::fabs(grid.value(code) - x));
    }
    REQUIRE(std::fabs(grid.value(grid.code(x)) - x) == Approx(best).margin(1e-15));
  }
}

TEST_CASE("magnitudes above one are taken as one") {
  const PhiGrid grid(5, 8);
  REQUIRE(grid.code(1e9) == grid.code(1.0));
  REQUIRE(grid.code(-7.0) == grid.code(-1.0));
}

}  // namespace
}  // namespace phi_weights
