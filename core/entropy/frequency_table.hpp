// A static model: how often each symbol occurs, in 1/4096, as rANS wants it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "core/entropy/binary_coder.hpp"

namespace holo::entropy {

inline constexpr std::uint32_t kFrequencyBits = 12;
inline constexpr std::uint32_t kFrequencyTotal = 1u << kFrequencyBits;
inline constexpr std::size_t kMaxAlphabet = kFrequencyTotal;

// Frequencies of symbols 0..size()-1 that add up to kFrequencyTotal. Immutable.
class FrequencyTable {
 public:
  // Scales counts so that the code gets nearly shortest; every symbol that occurs keeps at least
  // 1. HOLO_INVALID_ARG for an alphabet of 0 or more than kMaxAlphabet, or if nothing occurs.
  static Result<FrequencyTable> from_counts(std::span<const std::uint32_t> counts);
  // Reads what write() wrote. HOLO_CORRUPT if the table does not add up.
  static Result<FrequencyTable> read(BinaryDecoder& coder);
  void write(BinaryEncoder& coder) const;

  [[nodiscard]] std::size_t size() const { return frequencies_.size(); }
  [[nodiscard]] std::uint32_t frequency(std::size_t symbol) const { return frequencies_[symbol]; }
  // Sum of the frequencies of all smaller symbols.
  [[nodiscard]] std::uint32_t start(std::size_t symbol) const { return starts_[symbol]; }

  struct Slot {
    std::uint16_t symbol;
    std::uint16_t frequency;
    std::uint16_t offset;  // of this slot inside its symbol
  };
  // What each of the kFrequencyTotal values of a state's low bits stands for.
  [[nodiscard]] std::vector<Slot> slots() const;

 private:
  explicit FrequencyTable(std::vector<std::uint16_t> frequencies);

  std::vector<std::uint16_t> frequencies_;
  std::vector<std::uint16_t> starts_;
};

}  // namespace holo::entropy
