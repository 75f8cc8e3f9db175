// The binary coder: round trips, code lengths against entropy, the flush, damage.
#include "core/entropy/binary_coder.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "core/entropy/context.hpp"

namespace holo::entropy {
namespace {

struct Step {
  bool bypass;
  std::uint32_t value;
  std::uint32_t argument;  // probability of one, or the count of bypass bits
};

std::vector<Step> random_steps(std::uint32_t seed, int count) {
  std::mt19937 random(seed);
  std::vector<Step> steps;
  for (int i = 0; i < count; ++i) {
    if (random() % 8 == 0) {
      const std::uint32_t bits = random() % 33;
      const auto value = static_cast<std::uint32_t>(random());
      steps.push_back({true, bits == 32 ? value : value & ((1u << bits) - 1u), bits});
    } else {
      static constexpr std::uint32_t kExtremes[] = {0, 1, 32, 65504, 65535, 65536};
      const std::uint32_t probability =
          random() % 4 == 0 ? kExtremes[random() % 6] : random() >> 16;
      steps.push_back({false, (random() >> 16) < probability ? 1u : 0u, probability});
    }
  }
  return steps;
}

std::vector<std::uint8_t> encode_steps(const std::vector<Step>& steps) {
  BinaryEncoder encoder;
  for (const Step& step : steps) {
    if (step.bypass) {
      encoder.encode_bypass(step.value, static_cast<int>(step.argument));
    } else {
      encoder.encode(step.value != 0, step.argument);
    }
  }
  return encoder.finish();
}

std::uint32_t decode_step(BinaryDecoder& decoder, const Step& step) {
  return step.bypass ? decoder.decode_bypass(static_cast<int>(step.argument))
                     : static_cast<std::uint32_t>(decoder.decode(step.argument));
}

TEST_CASE("binary coder gives back every bit of random sequences of every length") {
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    const std::vector<Step> steps = random_steps(seed, static_cast<int>(seed));
    const std::vector<std::uint8_t> bytes = encode_steps(steps);
    BinaryDecoder decoder(bytes);
    bool same = true;
    for (const Step& step : steps) same = decode_step(decoder, step) == step.value && same;
    INFO("seed " << seed);
    REQUIRE(same);
    REQUIRE_FALSE(decoder.damaged());
  }
}

TEST_CASE("binary coder carries over a long run of 0xFF bytes") {
  BinaryEncoder encoder;
  // Zeros lie at the top of the range: thousands of them at one half keep low_ at 0xFF...
  for (int i = 0; i < 20000; ++i) encoder.encode_bypass(0xFFFFFFFFu, 32);
  for (int i = 0; i < 5000; ++i) encoder.encode(i % 3 != 0, 32768);
  const std::vector<std::uint8_t> bytes = encoder.finish();
  BinaryDecoder decoder(bytes);
  bool same = true;
  for (int i = 0; i < 20000; ++i) same = decoder.decode_bypass(32) == 0xFFFFFFFFu && same;
  for (int i = 0; i < 5000; ++i) same = decoder.decode(32768) == (i % 3 != 0) && same;
  REQUIRE(same);
}

TEST_CASE("binary coder stays within 0.01 % and two bytes of the entropy") {
  for (const std::uint32_t probability : {200u, 3000u, 32768u, 60000u, 65400u}) {
    std::mt19937 random(probability);
    BinaryEncoder encoder;
    double bits = 0;
    for (int i = 0; i < 200000; ++i) {
      const bool bit = (random() >> 16) < probability;
      const double p = probability / 65536.0;
      bits -= std::log2(bit ? p : 1 - p);
      encoder.encode(bit, probability);
    }
    const double coded = 8.0 * static_cast<double>(encoder.finish().size());
    CHECK(coded <= bits * 1.0001 + 16);
    CHECK(coded >= bits - 1);
  }
}

TEST_CASE("binary coder writes nothing for nothing and one byte for a few likely bits") {
  BinaryEncoder encoder;
  REQUIRE(encoder.finish().empty());
  for (int i = 0; i < 20; ++i) encoder.encode(false, 1000);
  REQUIRE(encoder.finish().size() == 1);
  // finish() starts anew: the same bits give the same byte again.
  for (int i = 0; i < 20; ++i) encoder.encode(false, 1000);
  REQUIRE(encoder.finish().size() == 1);
}

TEST_CASE("binary decoder keeps its overrun within bounds for whole data and tells a cut") {
  BinaryEncoder encoder;
  for (int i = 0; i < 1000; ++i) encoder.encode_bypass(0, 8);
  std::vector<std::uint8_t> bytes = encoder.finish();
  {
    BinaryDecoder decoder(bytes);
    for (int i = 0; i < 1000; ++i) REQUIRE(decoder.decode_bypass(8) == 0);
    REQUIRE_FALSE(decoder.damaged());
  }
  bytes.resize(bytes.size() / 2);
  BinaryDecoder decoder(bytes);
  for (int i = 0; i < 1000; ++i) (void)decoder.decode_bypass(8);
  REQUIRE(decoder.damaged());
}

TEST_CASE("binary decoder takes thousands of damaged inputs without harm") {
  std::mt19937 random(7);
  const std::vector<Step> steps = random_steps(99, 600);
  const std::vector<std::uint8_t> good = encode_steps(steps);
  for (int round = 0; round < 4000; ++round) {
    std::vector<std::uint8_t> bytes = good;
    for (std::uint32_t flips = random() % 4; flips > 0; --flips) {
      bytes[random() % bytes.size()] ^= static_cast<std::uint8_t>(1u << (random() % 8));
    }
    if (random() % 3 == 0) bytes.resize(random() % bytes.size());
    if (random() % 5 == 0) bytes.insert(bytes.begin(), 0xFF);
    BinaryDecoder decoder(bytes);
    for (const Step& step : steps) {
      const std::uint32_t value = decode_step(decoder, step);
      if (step.bypass && step.argument < 32 && (value >> step.argument) != 0)
        FAIL("bits above count");
      if (!step.bypass && value > 1) FAIL("more than a bit");
    }
  }
  SUCCEED();
}

TEST_CASE("adaptive contexts give back their bits and approach the entropy") {
  std::mt19937 random(3);
  BinaryEncoder encoder;
  AdaptiveBit context;
  std::vector<bool> bits;
  for (int i = 0; i < 50000; ++i) {
    bits.push_back(random() % 20 == 0);
    encode_bit(encoder, context, bits.back());
  }
  const std::vector<std::uint8_t> bytes = encoder.finish();
  const double entropy = 50000 * (-0.05 * std::log2(0.05) - 0.95 * std::log2(0.95));
  CHECK(8.0 * static_cast<double>(bytes.size()) < entropy * 1.04);
  BinaryDecoder decoder(bytes);
  AdaptiveBit again;
  bool same = true;
  for (const bool bit : bits) same = decode_bit(decoder, again) == bit && same;
  REQUIRE(same);
}

TEST_CASE("a young adaptive context moves faster than an aged one") {
  AdaptiveBit young(32768, 0);
  AdaptiveBit aged(32768, 255);
  young.update(true);
  aged.update(true);
  REQUIRE(young.probability() > aged.probability());
  REQUIRE(young.age() == 1);
  REQUIRE(aged.age() == 255);
}

TEST_CASE("exp-golomb codes give back small, large and largest values") {
  BinaryEncoder encoder;
  std::vector<std::uint32_t> values = {0, 1, 2, 3, 7, 8, 65535, 65536, 0xFFFFFFFEu, 0xFFFFFFFFu};
  std::mt19937 random(5);
  for (int i = 0; i < 1000; ++i) values.push_back(static_cast<std::uint32_t>(random()) >> (i % 32));
  for (const std::uint32_t value : values) encode_exp_golomb(encoder, value);
  const std::vector<std::uint8_t> bytes = encoder.finish();
  BinaryDecoder decoder(bytes);
  for (const std::uint32_t value : values) REQUIRE(decode_exp_golomb(decoder) == value);
}

TEST_CASE("exp-golomb decoding of damaged bytes saturates") {
  const std::vector<std::uint8_t> ones(16, 0xFF);
  const std::vector<std::uint8_t> zeros(64, 0x00);
  BinaryDecoder high(ones);
  (void)decode_exp_golomb(high);
  BinaryEncoder encoder;
  encoder.encode_bypass(0, 32);
  encoder.encode_bypass(0xFFFFFFFFu, 32);
  const std::vector<std::uint8_t> bytes = encoder.finish();
  BinaryDecoder decoder(bytes);
  REQUIRE(decode_exp_golomb(decoder) == 0xFFFFFFFFu);
}

TEST_CASE("bit cost is the logarithm of the probability within its table's step") {
  REQUIRE(bit_cost(32768, true) == Approx(256).margin(1));
  REQUIRE(bit_cost(32768, false) == Approx(256).margin(1));
  for (std::uint32_t p = 512; p <= 65024; p += 37) {
    REQUIRE(bit_cost(p, true) == Approx(-256 * std::log2(p / 65536.0)).epsilon(0.01).margin(1.5));
    REQUIRE(bit_cost(p, false) ==
            Approx(-256 * std::log2(1 - p / 65536.0)).epsilon(0.01).margin(1.5));
  }
  for (std::uint32_t p = 0; p < 65536; p += 16)
    REQUIRE(bit_cost(p, true) >= bit_cost(p + 16, true));
}

}  // namespace
}  // namespace holo::entropy
