// Binary arithmetic coder: a carry-less 32-bit range coder with 16-bit probabilities.
// Integer arithmetic only: encoder and decoder agree on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace holo::entropy {

// Probabilities are of a one, in 1/65536, and are clamped into [kMinProbability, 65536 - same].
inline constexpr std::uint32_t kProbabilityBits = 16;
inline constexpr std::uint32_t kMinProbability = 32;

class BinaryEncoder {
 public:
  void encode(bool bit, std::uint32_t probability_of_one);
  // `count` (0..32) equiprobable bits, most significant first.
  void encode_bypass(std::uint32_t bits, int count);
  // Flushes with as few bytes as tell the decoder apart; the encoder starts anew.
  [[nodiscard]] std::vector<std::uint8_t> finish();
  [[nodiscard]] std::size_t bytes_so_far() const { return bytes_.size(); }

 private:
  std::uint64_t low_ = 0;
  std::uint32_t range_ = 0xFFFFFFFFu;
  std::uint8_t cache_ = 0;
  std::uint64_t pending_ = 0;
  bool started_ = false;
  std::vector<std::uint8_t> bytes_;
};

// Reads past the end as zeros; `overrun()` then tells by how many bytes, so that a decoder can
// stop early: more than kMaxOverrun is proof of damage.
class BinaryDecoder {
 public:
  static constexpr std::size_t kMaxOverrun = 8;

  explicit BinaryDecoder(std::span<const std::uint8_t> bytes);
  [[nodiscard]] bool decode(std::uint32_t probability_of_one);
  [[nodiscard]] std::uint32_t decode_bypass(int count);
  [[nodiscard]] std::size_t overrun() const { return overrun_; }
  [[nodiscard]] bool damaged() const { return overrun_ > kMaxOverrun; }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t position_ = 0;
  std::size_t overrun_ = 0;
  std::uint32_t range_ = 0xFFFFFFFFu;
  std::uint32_t code_ = 0;
};

}  // namespace holo::entropy
