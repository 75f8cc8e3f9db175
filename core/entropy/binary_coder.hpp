// Binary arithmetic coder: a 32-bit range coder with carry propagation and 16-bit probabilities.
// Integer arithmetic only: encoder and decoder agree on every machine.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace holo::entropy {

// Probabilities are of a one, in 1/65536, and are clamped into [kMinProbability, 65536 - same].
inline constexpr std::uint32_t kProbabilityBits = 16;
inline constexpr std::uint32_t kMinProbability = 32;
// The coder renormalises a byte at a time whenever the range falls below this.
inline constexpr std::uint32_t kMinRange = 1u << 24;

// The part of `range` that belongs to a one.
[[nodiscard]] inline std::uint32_t share_of_one(std::uint32_t range,
                                                std::uint32_t probability_of_one) {
  const std::uint32_t probability =
      std::clamp(probability_of_one, kMinProbability, (1u << kProbabilityBits) - kMinProbability);
  return static_cast<std::uint32_t>((std::uint64_t{range} * probability) >> kProbabilityBits);
}

class BinaryEncoder {
 public:
  void encode(bool bit, std::uint32_t probability_of_one) {
    const std::uint32_t share = share_of_one(range_, probability_of_one);
    if (bit) {
      range_ = share;
    } else {
      low_ += share;
      range_ -= share;
    }
    while (range_ < kMinRange) shift_out();
  }
  // `count` (0..32) equiprobable bits, most significant first; bits above `count` are ignored.
  // How bits are grouped into calls does not matter to the decoder.
  void encode_bypass(std::uint32_t bits, int count);
  // Flushes with as few bytes as tell the decoder apart; the encoder starts anew. At most
  // BinaryDecoder::kMaxOverrun zero bytes at the end are left out.
  [[nodiscard]] std::vector<std::uint8_t> finish();
  [[nodiscard]] std::size_t bytes_so_far() const { return bytes_.size(); }

 private:
  void shift_out();

  std::uint64_t low_ = 0;  // 33 bits: the 33rd is the carry
  std::uint32_t range_ = 0xFFFFFFFFu;
  std::uint8_t cache_ = 0;     // last byte out of low_, held back for the carry
  std::uint64_t pending_ = 0;  // bytes of 0xFF behind it that a carry would turn over
  bool started_ = false;       // cache_ holds a byte; the very first is always 0 and not written
  std::vector<std::uint8_t> bytes_;
};

// Reads past the end as zeros; `overrun()` then tells by how many bytes, so that a decoder can
// stop early: more than kMaxOverrun is proof of damage. Any bytes may be decoded: damaged ones
// give arbitrary bits. The bytes are borrowed for the life of the decoder.
class BinaryDecoder {
 public:
  static constexpr std::size_t kMaxOverrun = 8;

  explicit BinaryDecoder(std::span<const std::uint8_t> bytes);
  [[nodiscard]] bool decode(std::uint32_t probability_of_one) {
    const std::uint32_t share = share_of_one(range_, probability_of_one);
    const bool bit = code_ < share;
    if (bit) {
      range_ = share;
    } else {
      code_ -= share;
      range_ -= share;
    }
    while (range_ < kMinRange) shift_in();
    return bit;
  }
  // `count` is 0..32.
  [[nodiscard]] std::uint32_t decode_bypass(int count);
  [[nodiscard]] std::size_t overrun() const { return overrun_; }
  [[nodiscard]] bool damaged() const { return overrun_ > kMaxOverrun; }

 private:
  void shift_in() {
    std::uint32_t next = 0;
    if (position_ < bytes_.size()) {
      next = bytes_[position_++];
    } else {
      ++overrun_;
    }
    range_ <<= 8;
    code_ = (code_ << 8) | next;
  }

  std::span<const std::uint8_t> bytes_;
  std::size_t position_ = 0;
  std::size_t overrun_ = 0;
  std::uint32_t range_ = 0xFFFFFFFFu;
  std::uint32_t code_ = 0;
};

}  // namespace holo::entropy
