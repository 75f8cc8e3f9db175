// Frequency tables and rANS: round trips, code lengths, damage.
#include "core/entropy/rans.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "core/entropy/bit_io.hpp"

namespace holo::entropy {
namespace {

// Symbols of a geometric law with this ratio over this alphabet.
std::vector<std::uint16_t> draw(std::uint32_t seed, std::size_t count, std::size_t alphabet,
                                double ratio) {
  std::mt19937 random(seed);
  std::vector<std::uint16_t> symbols(count);
  for (std::uint16_t& symbol : symbols) {
    std::size_t value = 0;
    while (value + 1 < alphabet && (random() >> 8) < ratio * (1u << 24)) ++value;
    symbol = static_cast<std::uint16_t>(value);
  }
  return symbols;
}

std::vector<std::uint32_t> count_of(const std::vector<std::uint16_t>& symbols, std::size_t size) {
  std::vector<std::uint32_t> counts(size, 0);
  for (const std::uint16_t symbol : symbols) ++counts[symbol];
  return counts;
}

TEST_CASE("frequency tables add up, keep every symbol and survive being written") {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    std::vector<std::uint32_t> counts(1 + random() % kMaxAlphabet);
    for (std::uint32_t& count : counts) count = random() % 3 == 0 ? random() >> (random() % 32) : 0;
    counts[random() % counts.size()] = 1;
    if (seed == 0) counts.assign(kMaxAlphabet, 5);  // the fullest table: all ones
    if (seed == 1) counts.assign(1, 7);             // the emptiest: one symbol
    const auto table = FrequencyTable::from_counts(counts);
    REQUIRE(table.ok());
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      REQUIRE((table->frequency(i) > 0) == (counts[i] > 0));
      REQUIRE(table->start(i) == sum);
      sum += table->frequency(i);
    }
    REQUIRE(sum == kFrequencyTotal);
    BinaryEncoder encoder;
    table->write(encoder);
    const std::vector<std::uint8_t> bytes = encoder.finish();
    BinaryDecoder decoder(bytes);
    const auto again = FrequencyTable::read(decoder);
    REQUIRE(again.ok());
    REQUIRE(again->size() == table->size());
    for (std::size_t i = 0; i < table->size(); ++i) {
      REQUIRE(again->frequency(i) == table->frequency(i));
    }
  }
}

TEST_CASE("frequency tables refuse nothing, too much and empty counts") {
  REQUIRE(FrequencyTable::from_counts({}).error().code == HOLO_INVALID_ARG);
  const std::vector<std::uint32_t> many(kMaxAlphabet + 1, 1);
  REQUIRE(FrequencyTable::from_counts(many).error().code == HOLO_INVALID_ARG);
  const std::vector<std::uint32_t> none(5, 0);
  REQUIRE(FrequencyTable::from_counts(none).error().code == HOLO_INVALID_ARG);
}

TEST_CASE("rans gives back its symbols for small and large alphabets and any count") {
  for (const std::size_t alphabet : {1u, 2u, 3u, 256u, 4096u}) {
    for (const std::size_t count : {0u, 1u, 2u, 3u, 100u, 10001u}) {
      std::vector<std::uint16_t> symbols = draw(9, count, alphabet, 0.98);
      std::vector<std::uint32_t> counts = count_of(symbols, alphabet);
      counts[0] += 1;
      const auto table = FrequencyTable::from_counts(counts);
      REQUIRE(table.ok());
      const auto bytes = rans_encode(*table, symbols);
      REQUIRE(bytes.ok());
      std::vector<std::uint16_t> again(count);
      REQUIRE(RansDecoder(*table).decode(*bytes, again).ok());
      REQUIRE(again == symbols);
    }
  }
}

TEST_CASE("rans comes within half a percent of the entropy") {
  const std::vector<std::uint16_t> symbols = draw(4, 100000, 64, 0.8);
  const std::vector<std::uint32_t> counts = count_of(symbols, 64);
  double bits = 0;
  for (const std::uint32_t count : counts) {
    if (count > 0) bits -= count * std::log2(count / 100000.0);
  }
  const auto table = FrequencyTable::from_counts(counts);
  const auto bytes = rans_encode(*table, symbols);
  CHECK(8.0 * static_cast<double>(bytes->size()) < bits * 1.005 + 64);
}

TEST_CASE("rans refuses symbols that the table lacks") {
  const std::vector<std::uint32_t> counts = {3, 0, 2};
  const auto table = FrequencyTable::from_counts(counts);
  const std::vector<std::uint16_t> zero = {0, 1};
  const std::vector<std::uint16_t> outside = {3};
  REQUIRE(rans_encode(*table, zero).error().code == HOLO_INVALID_ARG);
  REQUIRE(rans_encode(*table, outside).error().code == HOLO_INVALID_ARG);
}

TEST_CASE("rans and its tables refuse or survive thousands of damaged inputs") {
  std::mt19937 random(21);
  const std::vector<std::uint16_t> symbols = draw(5, 2000, 300, 0.95);
  const auto table = FrequencyTable::from_counts(count_of(symbols, 300));
  const RansDecoder decoder(*table);
  const std::vector<std::uint8_t> good = *rans_encode(*table, symbols);
  BinaryEncoder encoder;
  table->write(encoder);
  const std::vector<std::uint8_t> good_table = encoder.finish();
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::uint8_t> bytes = good;
    bytes[random() % bytes.size()] ^= static_cast<std::uint8_t>(1u << (random() % 8));
    if (random() % 3 == 0) bytes.resize(random() % bytes.size());
    std::vector<std::uint16_t> again(symbols.size());
    if (!decoder.decode(bytes, again).ok()) ++refused;
    for (const std::uint16_t symbol : again) {
      if (symbol >= 300) FAIL("symbol outside the table");
    }
    std::vector<std::uint8_t> tables = good_table;
    tables[random() % tables.size()] ^= static_cast<std::uint8_t>(random());
    if (random() % 3 == 0) tables.resize(random() % tables.size());
    BinaryDecoder table_decoder(tables);
    const auto parsed = FrequencyTable::read(table_decoder);
    if (parsed.ok() && parsed->slots().size() != kFrequencyTotal) FAIL("table does not add up");
  }
  // A flip that lands on an equal path may pass; nearly all must be noticed.
  CHECK(refused > 2950);
}

TEST_CASE("bit fields of every width come back and reading past the end is told") {
  std::mt19937 random(8);
  std::vector<std::pair<std::uint32_t, int>> fields;
  BitWriter writer;
  std::size_t bits = 0;
  for (int i = 0; i < 3000; ++i) {
    const int width = static_cast<int>(random() % 33);
    const auto value = static_cast<std::uint32_t>(random());
    fields.emplace_back(width == 0 ? 0 : value & (0xFFFFFFFFu >> (32 - width)), width);
    writer.write(value, width);
    bits += static_cast<std::size_t>(width);
    REQUIRE(writer.bits_so_far() == bits);
  }
  const std::vector<std::uint8_t> bytes = writer.finish();
  REQUIRE(bytes.size() == (bits + 7) / 8);
  REQUIRE(writer.finish().empty());
  BitReader reader(bytes);
  for (const auto& [value, width] : fields) REQUIRE(reader.read(width) == value);
  REQUIRE_FALSE(reader.past_end());
  REQUIRE(reader.bits_left() < 8);
  REQUIRE(reader.read(32) == 0);
  REQUIRE(reader.past_end());
  REQUIRE(reader.bits_left() == 0);
}

}  // namespace
}  // namespace holo::entropy
