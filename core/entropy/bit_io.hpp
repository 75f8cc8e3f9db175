// Plain bits in bytes, most significant first: fixed-width fields without gaps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace holo::entropy {

class BitWriter {
 public:
  // `count` is 0..32; bits above `count` are ignored.
  void write(std::uint32_t bits, int count) {
    if (count <= 0) return;
    held_ = (held_ << count) | (bits & (0xFFFFFFFFu >> (32 - count)));
    for (held_count_ += count; held_count_ >= 8;) {
      held_count_ -= 8;
      bytes_.push_back(static_cast<std::uint8_t>(held_ >> held_count_));
    }
  }
  [[nodiscard]] std::size_t bits_so_far() const {
    return bytes_.size() * 8 + static_cast<std::size_t>(held_count_);
  }
  // Pads the last byte with zeros; the writer starts anew.
  [[nodiscard]] std::vector<std::uint8_t> finish() {
    if (held_count_ > 0) write(0, 8 - held_count_);
    return std::exchange(bytes_, {});
  }

 private:
  std::uint64_t held_ = 0;
  int held_count_ = 0;  // 0..7 between calls
  std::vector<std::uint8_t> bytes_;
};

// Reads past the end as zeros and says so through past_end(). The bytes are borrowed.
class BitReader {
 public:
  explicit BitReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  // `count` is 0..32.
  [[nodiscard]] std::uint32_t read(int count) {
    if (count <= 0) return 0;
    while (held_count_ < count) {
      const bool inside = position_ < bytes_.size();
      held_ = (held_ << 8) | (inside ? bytes_[position_] : 0u);
      if (inside) {
        ++position_;
      } else {
        past_end_ = true;
      }
      held_count_ += 8;
    }
    held_count_ -= count;
    return static_cast<std::uint32_t>(held_ >> held_count_) & (0xFFFFFFFFu >> (32 - count));
  }
  [[nodiscard]] bool past_end() const { return past_end_; }
  // Bits left to read, padding included.
  [[nodiscard]] std::size_t bits_left() const {
    return past_end_ ? 0 : (bytes_.size() - position_) * 8 + static_cast<std::size_t>(held_count_);
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t position_ = 0;
  std::uint64_t held_ = 0;
  int held_count_ = 0;
  bool past_end_ = false;
};

}  // namespace holo::entropy
