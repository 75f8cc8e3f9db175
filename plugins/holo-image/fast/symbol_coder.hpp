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

  unsigned symbol(SymbolModel& a, SymbolModel& b, int rate_a, int rate_b, unsigned value) {
    MixedModel mixed;
    mix(a, b, mixed);
    const Share share = mixed.share(value);
    shares_.push_back(share.start | share.size << 16);
    teach(a, value, rate_a);
    if (&a != &b) teach(b, value, rate_b);
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

// Where a decoder stands. Nothing is checked here: see SymbolDecoder.
class SymbolReader {
 public:
  static constexpr bool kDecodes = true;
  // A copy that nobody else can reach stays in registers while a block is read.
  using InRegisters = SymbolReader;

  unsigned symbol(SymbolModel& a, SymbolModel& b, int rate_a, int rate_b, unsigned) {
    MixedModel mixed;
    mix(a, b, mixed);
    const std::uint32_t slot = state_ & (kWhole - 1);
    const unsigned symbol = find(mixed, slot);
    const Share share = mixed.share(symbol);
    std::uint32_t state = share.size * (state_ >> kShareBits) + slot - share.start;
    const std::uint32_t longer = state << 16 | word();
    const bool low = state < kStateLowest;
    state = low ? longer : state;
    next_ += low ? 2 : 0;
    state_ = other_;
    other_ = state;
    teach(a, symbol, rate_a);
    if (&a != &b) teach(b, symbol, rate_b);
    return symbol;
  }
  std::uint32_t raw(std::uint32_t, int count) {
    const std::uint8_t* const at = end_ - 8 - (raw_bits_ >> 3);
    std::uint64_t bits = 0;
    for (int i = 0; i < 8; ++i) bits |= std::uint64_t{at[7 - i]} << (8 * i);
    bits >>= raw_bits_ & 7;
    raw_bits_ += static_cast<std::size_t>(count);
    return static_cast<std::uint32_t>(bits & ((std::uint64_t{1} << count) - 1));
  }

 protected:
  [[nodiscard]] std::uint32_t word() const { return next_[0] | (std::uint32_t{next_[1]} << 8); }

  std::uint32_t state_ = 0;
  std::uint32_t other_ = 0;
  const std::uint8_t* next_ = nullptr;
  const std::uint8_t* end_ = nullptr;
  std::size_t raw_bits_ = 0;
};

// Copies the bytes between zeros that take up what damaged data read too far: the caller asks
// damaged() at least once every kMaxSymbols symbols and kMaxRawBits bits.
class SymbolDecoder : public SymbolReader {
 public:
  static constexpr std::size_t kMaxSymbols = 1024;
  static constexpr std::size_t kMaxRawBits = 8192;

  // At least kStateBytes.
  explicit SymbolDecoder(std::span<const std::uint8_t> bytes);

  // Front and back have run into each other.
  [[nodiscard]] bool damaged() const { return raw_bytes() > end_ - next_; }
  // All has been read, and the states are back where an encoder starts.
  [[nodiscard]] bool complete() const {
    return raw_bytes() == end_ - next_ && state_ == kStateLowest && other_ == kStateLowest;
  }
  SymbolReader& reader() { return *this; }

 private:
  [[nodiscard]] std::ptrdiff_t raw_bytes() const {
    return static_cast<std::ptrdiff_t>((raw_bits_ + 7) / 8);
  }

  std::vector<std::uint8_t> padded_;
};

}  // namespace holo::image::fast
