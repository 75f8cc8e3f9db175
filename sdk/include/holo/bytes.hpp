// Little-endian numbers in byte strings, for headers of chunks; reading is bounds-checked.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <type_traits>
#include <vector>

#include <holo/error.hpp>

namespace holo {

// Appends the bytes of an integer, least significant first.
template <class T>
void put(std::vector<std::uint8_t>& out, T value) {
  static_assert(std::is_integral_v<T>);
  const auto bits = static_cast<std::make_unsigned_t<T>>(value);
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    out.push_back(static_cast<std::uint8_t>((std::uint64_t{bits} >> (8 * i)) & 0xFFu));
  }
}
// Appends seven bits a byte, lowest first, the top bit set on all but the last: 1 to 10 bytes.
inline void put_varint(std::vector<std::uint8_t>& out, std::uint64_t value) {
  for (; value >= 0x80u; value >>= 7) out.push_back(static_cast<std::uint8_t>(value | 0x80u));
  out.push_back(static_cast<std::uint8_t>(value));
}

// Reads what put and put_varint wrote. Going past the end throws CORRUPT.
class ByteCursor {
 public:
  ByteCursor(const std::uint8_t* data, std::size_t size) : at_(data), end_(data + size) {}
  explicit ByteCursor(const std::vector<std::uint8_t>& bytes)
      : ByteCursor(bytes.data(), bytes.size()) {}

  [[nodiscard]] std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  template <class T>
  T get() {
    static_assert(std::is_integral_v<T>);
    std::uint64_t value = 0;
    const std::uint8_t* bytes = take(sizeof(T));
    for (std::size_t i = 0; i < sizeof(T); ++i) value |= std::uint64_t{bytes[i]} << (8 * i);
    return static_cast<T>(value);
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint8_t byte = *take(1);
      expect(shift < 63 || byte < 2, "a number in the file has more than 64 bits");
      value |= static_cast<std::uint64_t>(byte & 0x7Fu) << shift;
      if (byte < 0x80u) return value;
    }
    throw Failure(HOLO_CORRUPT, "a number in the file has more than 64 bits");
  }
  // The next `size` bytes, in place.
  const std::uint8_t* take(std::size_t size) {
    expect(size <= left(), "the data end too early");
    const std::uint8_t* bytes = at_;
    at_ += size;
    return bytes;
  }

 private:
  const std::uint8_t* at_;
  const std::uint8_t* end_;
};

}  // namespace holo
