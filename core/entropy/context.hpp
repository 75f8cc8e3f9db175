// Adaptive binary contexts: two-rate probability estimators, and coding helpers over them.
#pragma once

#include <cstdint>

#include "core/entropy/binary_coder.hpp"

namespace holo::entropy {

// The mean of a fast and a slow exponential average, with faster steps while young. 6 bytes.
class AdaptiveBit {
 public:
  AdaptiveBit() = default;
  // Starts at probability_of_one / 65536, as old as `age` updates (0..255): a trained prior.
  AdaptiveBit(std::uint16_t probability_of_one, std::uint8_t age)
      : fast_(probability_of_one), slow_(probability_of_one), age_(age) {}

  [[nodiscard]] std::uint32_t probability() const {
    return (std::uint32_t{fast_} + slow_ + 1) >> 1;
  }
  void update(bool bit) {
    const int fast_rate = age_ < 3 ? age_ + 2 : 4;
    const int slow_rate = age_ < 6 ? age_ + 2 : 7;
    if (age_ < 255) ++age_;
    if (bit) {
      fast_ = static_cast<std::uint16_t>(fast_ + ((65535 - fast_) >> fast_rate));
      slow_ = static_cast<std::uint16_t>(slow_ + ((65535 - slow_) >> slow_rate));
    } else {
      fast_ = static_cast<std::uint16_t>(fast_ - (fast_ >> fast_rate));
      slow_ = static_cast<std::uint16_t>(slow_ - (slow_ >> slow_rate));
    }
  }
  [[nodiscard]] std::uint8_t age() const { return age_; }

 private:
  std::uint16_t fast_ = 32768;
  std::uint16_t slow_ = 32768;
  std::uint8_t age_ = 0;
};

inline void encode_bit(BinaryEncoder& coder, AdaptiveBit& context, bool bit) {
  coder.encode(bit, context.probability());
  context.update(bit);
}

[[nodiscard]] inline bool decode_bit(BinaryDecoder& coder, AdaptiveBit& context) {
  const bool bit = coder.decode(context.probability());
  context.update(bit);
  return bit;
}

// Exp-Golomb code of order 0 in bypass bits, for rare large values; at most 32 prefix zeros.
// Every uint32 may be coded. Decoding damaged bytes gives any value, 2^32 - 1 at most.
void encode_exp_golomb(BinaryEncoder& coder, std::uint32_t value);
[[nodiscard]] std::uint32_t decode_exp_golomb(BinaryDecoder& coder);

// Cost in 1/256 bit of coding `bit` at this probability, from a table of 4096 exactly rounded
// entries, within 1 % for probabilities above 1/128: for rate-distortion decisions.
[[nodiscard]] std::uint32_t bit_cost(std::uint32_t probability_of_one, bool bit);

}  // namespace holo::entropy
