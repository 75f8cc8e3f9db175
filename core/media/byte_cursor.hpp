// Sequential, buffered reading from a ByteReader, for parsers that walk a file from its start.
#pragma once

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/base/file.hpp"

namespace holo::media {

// After the first false, error() says whether the file ended or reading failed. Not thread-safe.
class ByteCursor {
 public:
  explicit ByteCursor(ByteReader& reader, std::uint64_t offset = 0)
      : reader_(reader), size_(reader.size()), next_(offset), buffer_(kBlock) {}

  // Exactly out.size() bytes, or false.
  bool read(std::span<std::uint8_t> out) {
    std::size_t done = 0;
    while (done < out.size()) {
      if (begin_ == end_ && !fill()) return false;
      const std::size_t count = std::min(out.size() - done, end_ - begin_);
      std::memcpy(out.data() + done, buffer_.data() + begin_, count);
      begin_ += count;
      done += count;
    }
    return true;
  }

  // What is buffered, at least one byte, which counts as read; empty at the end or on failure.
  std::span<const std::uint8_t> take_block() {
    if (begin_ == end_ && !fill()) return {};
    const std::size_t first = std::exchange(begin_, end_);
    return {buffer_.data() + first, end_ - first};
  }

  [[nodiscard]] std::uint64_t position() const { return next_ - (end_ - begin_); }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] std::uint64_t left() const { return size_ - std::min(size_, position()); }
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  static constexpr std::size_t kBlock = 65536;

  bool fill() {
    if (error_ || next_ >= size_) {
      ended_ = true;
      return false;
    }
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(kBlock, size_ - next_));
    if (Status status = reader_.read_at(next_, std::span(buffer_.data(), count)); !status.ok()) {
      error_ = std::move(status).error();
      return false;
    }
    next_ += count;
    begin_ = 0;
    end_ = count;
    return true;
  }

  ByteReader& reader_;
  std::uint64_t size_;
  std::uint64_t next_;  // file offset behind the buffer
  std::vector<std::uint8_t> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool ended_ = false;
  std::optional<Error> error_;
};

}  // namespace holo::media
