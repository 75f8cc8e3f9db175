// The two Coders of block_syntax.hpp: one that writes bits and one that reads them.
#pragma once

#include <cstdint>

#include "core/entropy/context.hpp"
#include "core/entropy/mixer.hpp"

namespace holo::image {

// What two contexts foretell together: the sum of their logits, times 5/8. One context alone is
// taken at its word.
[[nodiscard]] inline std::uint32_t joint_probability(const entropy::AdaptiveBit& a,
                                                     const entropy::AdaptiveBit& b) {
  if (&a == &b) return a.probability();
  return entropy::squash((entropy::stretch(a.probability()) + entropy::stretch(b.probability())) *
                         5 / 8);
}

class BitWriter {
 public:
  explicit BitWriter(entropy::BinaryEncoder& coder) : coder_(coder) {}
  bool bit(entropy::AdaptiveBit& a, entropy::AdaptiveBit& b, bool value) {
    coder_.encode(value, joint_probability(a, b));
    a.update(value);
    if (&a != &b) b.update(value);
    return value;
  }
  std::uint32_t bypass(std::uint32_t value, int count) {
    if (count > 0) coder_.encode_bypass(value, count);
    return value;
  }

 private:
  entropy::BinaryEncoder& coder_;
};

class BitReader {
 public:
  explicit BitReader(entropy::BinaryDecoder& coder) : coder_(coder) {}
  bool bit(entropy::AdaptiveBit& a, entropy::AdaptiveBit& b, bool) {
    const bool value = coder_.decode(joint_probability(a, b));
    a.update(value);
    if (&a != &b) b.update(value);
    return value;
  }
  std::uint32_t bypass(std::uint32_t, int count) {
    return count > 0 ? coder_.decode_bypass(count) : 0;
  }

 private:
  entropy::BinaryDecoder& coder_;
};

}  // namespace holo::image
