// Encoding runs backwards, so that decoding runs forwards; even symbols use one state, odd the
// other.
#include "core/entropy/rans.hpp"

#include <array>
#include <string>

namespace holo::entropy {
namespace {

constexpr std::uint32_t kLowest = 1u << 16;  // states stay in [kLowest, 2^32)
constexpr std::size_t kHeaderBytes = 8;
constexpr std::uint32_t kSlotMask = kFrequencyTotal - 1;

std::uint32_t read_u32(const std::uint8_t* at) {
  return at[0] | (std::uint32_t{at[1]} << 8) | (std::uint32_t{at[2]} << 16) |
         (std::uint32_t{at[3]} << 24);
}

}  // namespace

Result<std::vector<std::uint8_t>> rans_encode(const FrequencyTable& table,
                                              std::span<const std::uint16_t> symbols) {
  std::array<std::uint32_t, 2> states = {kLowest, kLowest};
  std::vector<std::uint16_t> words;  // last one first
  words.reserve(symbols.size() / 2);
  for (std::size_t i = symbols.size(); i-- > 0;) {
    const std::uint16_t symbol = symbols[i];
    const std::uint32_t frequency = symbol < table.size() ? table.frequency(symbol) : 0;
    if (frequency == 0) {
      return make_error(HOLO_INVALID_ARG, "rANS: symbol " + std::to_string(symbol) + " at " +
                                              std::to_string(i) +
                                              " has no frequency in the table; count it first");
    }
    std::uint32_t& state = states[i & 1];
    if (state >= (std::uint64_t{frequency} << (32 - kFrequencyBits))) {
      words.push_back(static_cast<std::uint16_t>(state));
      state >>= 16;
    }
    state = ((state / frequency) << kFrequencyBits) + state % frequency + table.start(symbol);
  }
  std::vector<std::uint8_t> bytes;
  bytes.reserve(kHeaderBytes + words.size() * 2);
  for (const std::uint32_t state : states) {
    for (int shift = 0; shift < 32; shift += 8) {
      bytes.push_back(static_cast<std::uint8_t>(state >> shift));
    }
  }
  for (std::size_t i = words.size(); i-- > 0;) {
    bytes.push_back(static_cast<std::uint8_t>(words[i]));
    bytes.push_back(static_cast<std::uint8_t>(words[i] >> 8));
  }
  return bytes;
}

Status RansDecoder::decode(std::span<const std::uint8_t> bytes,
                           std::span<std::uint16_t> symbols) const {
  const auto corrupt = [](const char* what) {
    return make_error(HOLO_CORRUPT, std::string("rANS: ") + what + "; the file is damaged");
  };
  if (bytes.size() < kHeaderBytes || bytes.size() % 2 != 0) return corrupt("the stream is cut");
  std::uint32_t even = read_u32(bytes.data());
  std::uint32_t odd = read_u32(bytes.data() + 4);
  if (even < kLowest || odd < kLowest) return corrupt("a starting state is out of range");
  const std::uint8_t* next = bytes.data() + kHeaderBytes;
  const std::uint8_t* const end = bytes.data() + bytes.size();
  const FrequencyTable::Slot* const slots = slots_.data();
  bool enough = true;
  const auto step = [&](std::uint32_t& state) {
    const FrequencyTable::Slot slot = slots[state & kSlotMask];
    state = slot.frequency * (state >> kFrequencyBits) + slot.offset;
    if (state < kLowest) {
      if (next == end) {
        enough = false;
        state = kLowest;
      } else {
        state = (state << 16) | next[0] | (std::uint32_t{next[1]} << 8);
        next += 2;
      }
    }
    return slot.symbol;
  };
  const std::size_t pairs = symbols.size() & ~std::size_t{1};
  for (std::size_t i = 0; i < pairs; i += 2) {
    symbols[i] = step(even);
    symbols[i + 1] = step(odd);
  }
  if (pairs < symbols.size()) symbols[pairs] = step(even);
  if (!enough) return corrupt("the stream ends before its symbols");
  if (next != end || even != kLowest || odd != kLowest) {
    return corrupt("the stream does not end where its symbols do");
  }
  return {};
}

}  // namespace holo::entropy
