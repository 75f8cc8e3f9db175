// Speed of the coders on this machine: test-entropy "[benchmark]" prints it. Never a gate.
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <random>

#include "core/entropy/context.hpp"
#include "core/entropy/mixer.hpp"
#include "core/entropy/rans.hpp"

namespace holo::entropy {
namespace {

template <class Body>
void report(const char* what, double items, Body&& body) {
  double best = 1e9;
  for (int round = 0; round < 5; ++round) {
    const auto start = std::chrono::steady_clock::now();
    body();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    best = std::min(best, seconds.count());
  }
  std::printf("%-40s %8.1f million a second\n", what, items / best / 1e6);
}

TEST_CASE("speed of the entropy coders", "[.benchmark]") {
  constexpr int kBits = 4'000'000;
  std::mt19937 random(1);
  std::vector<std::uint8_t> bits(kBits);
  for (std::uint8_t& bit : bits) bit = random() % 5 == 0;
  std::vector<std::uint8_t> bytes;
  report("adaptive bits encoded", kBits, [&] {
    BinaryEncoder coder;
    std::array<AdaptiveBit, 64> contexts;
    for (int i = 0; i < kBits; ++i) encode_bit(coder, contexts[i & 63], bits[i]);
    bytes = coder.finish();
  });
  std::uint32_t sum = 0;
  report("adaptive bits decoded", kBits, [&] {
    BinaryDecoder coder(bytes);
    std::array<AdaptiveBit, 64> contexts;
    for (int i = 0; i < kBits; ++i) sum += decode_bit(coder, contexts[i & 63]);
  });
  report("mixed bits (6 inputs) modelled", kBits / 4, [&] {
    Mixer mixer(6, 8, 20000, 6);
    for (int i = 0; i < kBits / 4; ++i) {
      for (std::size_t k = 0; k < 6; ++k) mixer.set(k, 9000 + 1000 * k);
      sum += mixer.mix(i & 7);
      mixer.update(bits[i]);
    }
  });
  std::vector<std::uint16_t> symbols(kBits);
  for (std::uint16_t& symbol : symbols) {
    symbol = static_cast<std::uint16_t>(std::min<std::uint32_t>(random() & 255, random() & 255));
  }
  std::vector<std::uint32_t> counts(256, 1);
  for (const std::uint16_t symbol : symbols) ++counts[symbol];
  const auto table = FrequencyTable::from_counts(counts);
  report("rans symbols encoded", kBits, [&] { bytes = rans_encode(*table, symbols).value(); });
  const RansDecoder decoder(*table);
  report("rans symbols decoded", kBits, [&] { REQUIRE(decoder.decode(bytes, symbols).ok()); });
  REQUIRE(sum != 0);
}

}  // namespace
}  // namespace holo::entropy
