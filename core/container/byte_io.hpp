// Bytes in and out with bounds: little-endian words and LEB128 varints.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace holo::container {

// Signed values as small unsigned ones: 0, -1, 1, -2 become 0, 1, 2, 3.
[[nodiscard]] constexpr std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ (value < 0 ? ~std::uint64_t{0} : 0);
}
[[nodiscard]] constexpr std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>((value >> 1) ^ ((value & 1) != 0 ? ~std::uint64_t{0} : 0));
}

// Appends to a vector that the caller owns.
class ByteWriter {
 public:
  explicit ByteWriter(std::vector<std::uint8_t>& out) : out_(out) {}

  void u8(std::uint8_t value) { out_.push_back(value); }
  void u32(std::uint32_t value) { little_endian(value, 4); }
  void u64(std::uint64_t value) { little_endian(value, 8); }
  // Seven bits a byte, least significant first, bit 7 set on all bytes but the last.
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) u8(static_cast<std::uint8_t>(value | 0x80));
    u8(static_cast<std::uint8_t>(value));
  }
  void signed_varint(std::int64_t value) { varint(zigzag(value)); }
  void bytes(std::span<const std::uint8_t> data) {
    out_.insert(out_.end(), data.begin(), data.end());
  }
  void text(std::string_view data) { out_.insert(out_.end(), data.begin(), data.end()); }

 private:
  void little_endian(std::uint64_t value, int count) {
    for (int i = 0; i < count; ++i) u8(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  std::vector<std::uint8_t>& out_;
};

// Walks over borrowed bytes. The first read that does not fit, and every read after it, gives
// zeros and leaves ok() false: a parser may check once at the end of a group of fields, but must
// check before it trusts a count or a size.
class ByteCursor {
 public:
  explicit ByteCursor(std::span<const std::uint8_t> data) : data_(data) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t position() const { return position_; }
  [[nodiscard]] std::size_t remaining() const { return ok_ ? data_.size() - position_ : 0; }
  void fail() { ok_ = false; }

  std::uint8_t u8() {
    const auto data = bytes(1);
    return data.empty() ? std::uint8_t{0} : data[0];
  }
  std::uint32_t u32() { return static_cast<std::uint32_t>(little_endian(4)); }
  std::uint64_t u64() { return little_endian(8); }
  // Fails on more than 64 bits and on a form longer than needed, so that every value has one
  // spelling.
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint8_t byte = u8();
      if (!ok_) return 0;
      const std::uint64_t bits = byte & 0x7Fu;
      if (shift == 63 && bits > 1) break;
      value |= bits << shift;
      if ((byte & 0x80u) == 0) {
        if (byte == 0 && shift != 0) break;
        return value;
      }
    }
    ok_ = false;
    return 0;
  }
  std::int64_t signed_varint() { return unzigzag(varint()); }
  // A varint that must not pass `limit`.
  std::uint64_t varint_to(std::uint64_t limit) {
    const std::uint64_t value = varint();
    if (value <= limit) return value;
    ok_ = false;
    return 0;
  }
  // `count` bytes, borrowed from the input; empty on failure.
  std::span<const std::uint8_t> bytes(std::uint64_t count) {
    if (!ok_ || count > data_.size() - position_) {
      ok_ = false;
      return {};
    }
    const auto result = data_.subspan(position_, static_cast<std::size_t>(count));
    position_ += static_cast<std::size_t>(count);
    return result;
  }

 private:
  std::uint64_t little_endian(std::size_t count) {
    std::uint64_t value = 0;
    const auto data = bytes(count);
    for (std::size_t i = data.size(); i-- > 0;) value = value << 8 | data[i];
    return value;
  }
  std::span<const std::uint8_t> data_;
  std::size_t position_ = 0;
  bool ok_ = true;
};

}  // namespace holo::container
