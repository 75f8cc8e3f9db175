// The two ends of the arithmetic coder under one name: one writes the bits that it is given, the
// other gives what it reads.
#pragma once

#include <cstdint>

#include "core/entropy/context.hpp"

namespace holo::image::lossless {

class BitSink {
 public:
  explicit BitSink(entropy::BinaryEncoder& coder) : coder_(coder) {}
  bool bit(std::uint32_t probability, bool value) {
    coder_.encode(value, probability);
    return value;
  }
  std::uint32_t bypass(std::uint32_t value, int count) {
    coder_.encode_bypass(value, count);
    return value & ((1u << count) - 1);
  }
  [[nodiscard]] bool damaged() const { return false; }

 private:
  entropy::BinaryEncoder& coder_;
};

class BitSource {
 public:
  explicit BitSource(entropy::BinaryDecoder& coder) : coder_(coder) {}
  bool bit(std::uint32_t probability, bool) { return coder_.decode(probability); }
  std::uint32_t bypass(std::uint32_t, int count) { return coder_.decode_bypass(count); }
  [[nodiscard]] bool damaged() const { return coder_.damaged(); }

 private:
  entropy::BinaryDecoder& coder_;
};

}  // namespace holo::image::lossless
