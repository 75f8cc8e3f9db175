// The two Coders of templates that describe a syntax once for both directions: one writes bits,
// one reads them.
#pragma once

#include <cstdint>

#include "core/entropy/context.hpp"

namespace holo::image {

// `bit` codes `value` in a context and teaches it; `bypass` codes even odds. Both return the value.
class BitWriter {
 public:
  explicit BitWriter(entropy::BinaryEncoder& coder) : coder_(coder) {}
  bool bit(entropy::AdaptiveBit& context, bool value) {
    entropy::encode_bit(coder_, context, value);
    return value;
  }
  std::uint32_t bypass(std::uint32_t value, int count) {
    if (count > 0) coder_.encode_bypass(value, count);
    return value;
  }

 private:
  entropy::BinaryEncoder& coder_;
};

// The same calls; `value` is ignored, what was coded is returned.
class BitReader {
 public:
  explicit BitReader(entropy::BinaryDecoder& coder) : coder_(coder) {}
  bool bit(entropy::AdaptiveBit& context, bool) { return entropy::decode_bit(coder_, context); }
  std::uint32_t bypass(std::uint32_t, int count) {
    return count > 0 ? coder_.decode_bypass(count) : 0;
  }

 private:
  entropy::BinaryDecoder& coder_;
};

}  // namespace holo::image
