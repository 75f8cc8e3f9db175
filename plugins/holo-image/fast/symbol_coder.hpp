// The two Coders of block_syntax.hpp: symbols in rANS from the front of the bytes, raw bits from
// their back.
//
// A Coder has `unsigned symbol(a, b, value)`: codes `value` with the mean of two models (which may
// be one) and teaches both, or, when it decodes, ignores `value`; and `uint32_t raw(value, count)`.
//
// rANS after Duda (arXiv 1311.2540): two states that take turns, 32 bits, 16-bit words.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "plugins/holo-image/fast/symbol_model.hpp"

namespace holo::image::fast {

inline constexpr std::uint32_t kStateLowest = 1u << 16;  // states stay in [kStateLowest, 2^32)
inline constexpr std::size_t kStateBytes = 8;

class SymbolEncoder {
 public:
  static constexpr bool kDecodes = false;
  using InRegisters = SymbolEncoder&;

  unsigned symbol(SymbolModel& a, SymbolModel& b, unsigned value) {
    MixedModel mixed;
    AnywhereModels::mix(a, b, mixed);
    const Share share = mixed.share(value);
    shares_.push_back(share.start | share.size << 16);
    AnywhereModels::teach(a, value);
    if (&a != &b) AnywhereModels::teach(b, value);
    return value;
  }
  // `count` 0..16; no bits of `value` above.
  std::uint32_t raw(std::uint32_t value, int count) {
    pending_ |= std::uint64_t{value} << pending_bits_;
    pending_bits_ += count;
    while (pending_bits_ >= 8) {
      raw_.push_back(static_cast<std::uint8_t>(pending_));
      pending_ >>= 8;
      pending_bits_ -= 8;
    }
    return value;
  }
  // Adds all bytes to `out`. Symbols are coded from the last to the first, so that a decoder gets
  // them from the first to the last.
  void finish(std::vector<std::uint8_t>& out) const;

 private:
  std::vector<std::uint32_t> shares_;
  std::vector<std::uint8_t> raw_;
  std::uint64_t pending_ = 0;
  int pending_bits_ = 0;
};

// Where a decoder stands.
struct ReaderState {
  std::uint32_t state = 0;
  std::uint32_t other = 0;
  const std::uint8_t* next = nullptr;
  const std::uint8_t* end = nullptr;
  std::size_t raw_bits = 0;
};

// Reads on from a state. Nothing is checked here: see SymbolDecoder. Models is one of
// symbol_model.hpp's.
template <class Models>
class SymbolReader {
 public:
  static constexpr bool kDecodes = true;
  // A copy that nobody else can reach stays in registers while a block is read.
  using InRegisters = SymbolReader;

  explicit SymbolReader(const ReaderState& at) : at_(at) {}
  [[nodiscard]] const ReaderState& at() const { return at_; }

  unsigned symbol(SymbolModel& a, SymbolModel& b, unsigned) {
    MixedModel mixed;
    Models::mix(a, b, mixed);
    const std::uint32_t slot = at_.state & (kWhole - 1);
    const unsigned symbol = Models::find(mixed, slot);
    const Share share = mixed.share(symbol);
    const std::uint32_t state = share.size * (at_.state >> kShareBits) + slot - share.start;
    // In arithmetic, because no processor foretells this branch.
    const std::uint32_t low = state < kStateLowest ? 1 : 0;
    const std::uint32_t word = at_.next[0] | (static_cast<std::uint32_t>(at_.next[1]) << 8);
    at_.next += 2 * low;
    at_.state = at_.other;
    at_.other = (state << (16 * low)) | (word & (0u - low));
    Models::teach(a, symbol);
    if (&a != &b) Models::teach(b, symbol);
    return symbol;
  }
  std::uint32_t raw(std::uint32_t, int count) {
    const std::uint8_t* const last = at_.end - 8 - (at_.raw_bits >> 3);
    std::uint64_t bits = 0;
    for (int i = 0; i < 8; ++i) bits |= std::uint64_t{last[7 - i]} << (8 * i);
    bits >>= at_.raw_bits & 7;
    at_.raw_bits += static_cast<std::size_t>(count);
    return static_cast<std::uint32_t>(bits & ((std::uint64_t{1} << count) - 1));
  }

 private:
  ReaderState at_;
};

// Copies the bytes between zeros that take up what damaged data read too far: the caller asks
// damaged() at least once every kMaxSymbols symbols and kMaxRawBits bits.
class SymbolDecoder {
 public:
  static constexpr std::size_t kMaxSymbols = 1024;
  static constexpr std::size_t kMaxRawBits = 8192;

  // At least kStateBytes.
  explicit SymbolDecoder(std::span<const std::uint8_t> bytes);

  // For readers, who leave here where they got to.
  ReaderState at;

  // Front and back have run into each other.
  [[nodiscard]] bool damaged() const { return raw_bytes() > at.end - at.next; }
  // All has been read, and the states are back where an encoder starts.
  [[nodiscard]] bool complete() const {
    return raw_bytes() == at.end - at.next && at.state == kStateLowest && at.other == kStateLowest;
  }

 private:
  [[nodiscard]] std::ptrdiff_t raw_bytes() const {
    return static_cast<std::ptrdiff_t>((at.raw_bits + 7) / 8);
  }

  std::vector<std::uint8_t> padded_;
};

}  // namespace holo::image::fast
