// Range asymmetric numeral systems: symbols of a known distribution, coded faster than bit by bit.
// Formula: Duda, arXiv 1311.2540. Two interleaved 32-bit states, 16-bit steps, 12-bit frequencies.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "core/entropy/frequency_table.hpp"

namespace holo::entropy {

// The layout: two states (little-endian u32) as the decoder starts, then little-endian u16 words in
// the order in which it takes them. The number of symbols is the caller's to store.
// HOLO_INVALID_ARG if a symbol is outside the table or has frequency 0.
Result<std::vector<std::uint8_t>> rans_encode(const FrequencyTable& table,
                                              std::span<const std::uint16_t> symbols);

// Decodes many streams of one table. Any thread may use a const decoder.
class RansDecoder {
 public:
  explicit RansDecoder(const FrequencyTable& table) : slots_(table.slots()) {}
  // Fills `symbols`. HOLO_CORRUPT unless the bytes hold exactly that many; the symbols are then
  // arbitrary, but of the table.
  Status decode(std::span<const std::uint8_t> bytes, std::span<std::uint16_t> symbols) const;

 private:
  std::vector<FrequencyTable::Slot> slots_;
};

}  // namespace holo::entropy
