// Entropy-coded blocks: exactness, rates near the entropy, damage.
#include <catch2/catch.hpp>
#include <cmath>
#include <holo/error.hpp>
#include <random>

#include "plugins/kv-eigen/rate_fit.hpp"
#include "plugins/kv-eigen/symbol_code.hpp"

namespace holo::kv_eigen {
namespace {

std::vector<float> normal(std::size_t count, double deviation, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> draw(0, deviation);
  std::vector<float> out(count);
  for (float& v : out) v = static_cast<float>(draw(random));
  return out;
}

TEST_CASE("a fitted code spends about the entropy of the quantised samples") {
  // A uniform quantiser of step 1 for deviation 4: h = log2(4 sqrt(2 pi e)) = 4.047 bits.
  const FittedCode fitted = fit_code(normal(20000, 4, 1), 1, 0);
  REQUIRE(fitted.bits == Approx(4.047).margin(0.06));
  REQUIRE(fit_code(normal(20000, 4, 1), 1, 0.2).bits < fitted.bits);
  REQUIRE(fit_code(normal(20000, 0.01, 1), 1, 0).bits < 0.01);
}

TEST_CASE("blocks come back exactly, escapes and short blocks included") {
  std::vector<ComponentCode> codes;
  for (int k = 0; k < 5; ++k)
    codes.push_back(fit_code(normal(4000, 0.3 * (k + 1), 2), 1, 0.1).code);
  const SymbolCoder coder(std::move(codes));
  std::mt19937 random(4);
  for (const std::size_t positions : {1, 2, 7, 16}) {
    std::vector<std::int16_t> levels(5 * positions);
    for (auto& level : levels)
      level = static_cast<std::int16_t>(static_cast<int>(random() % 9) - 4);
    levels.front() = kLargestLevel;
    levels.back() = -kLargestLevel;
    const auto bytes = coder.encode(levels, positions);
    std::vector<std::int16_t> back(levels.size());
    coder.decode(bytes, positions, back);
    REQUIRE(back == levels);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
      REQUIRE_THROWS_AS(coder.decode({bytes.data(), cut}, positions, back), Failure);
    }
  }
}

TEST_CASE("damaged blocks are refused or give levels in range") {
  std::vector<ComponentCode> codes;
  for (int k = 0; k < 20; ++k) codes.push_back(fit_code(normal(4000, 1.5, 3), 1, 0.1).code);
  const SymbolCoder coder(std::move(codes));
  std::mt19937 random(5);
  std::vector<std::int16_t> levels(20 * 16);
  for (auto& level : levels) level = static_cast<std::int16_t>(static_cast<int>(random() % 5) - 2);
  const auto bytes = coder.encode(levels, 16);
  int refused = 0;
  for (int round = 0; round < 500; ++round) {
    auto damaged = bytes;
    damaged[random() % damaged.size()] ^= static_cast<std::uint8_t>(1 + random() % 255);
    std::vector<std::int16_t> back(levels.size());
    try {
      coder.decode(damaged, 16, back);
      for (const std::int16_t level : back) REQUIRE(std::abs(level) <= kLargestLevel);
    } catch (const Failure& failure) {
      REQUIRE(failure.status() == HOLO_CORRUPT);
      ++refused;
    }
  }
  REQUIRE(refused > 400);
}

TEST_CASE("bits go to the lanes that need them, within the budget") {
  const auto bits = allocate_lanes({64, 16, 4, 1, 0.01}, 8 * 10);
  int sum = 0;
  for (std::size_t i = 0; i < bits.size(); ++i) {
    sum += bits[i];
    if (i > 0) REQUIRE(bits[i] <= bits[i - 1]);
  }
  REQUIRE(sum <= 10);
  REQUIRE(sum >= 9);
  REQUIRE(bits.back() == 0);
}

}  // namespace
}  // namespace holo::kv_eigen
