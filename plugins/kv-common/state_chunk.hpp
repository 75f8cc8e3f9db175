// A cache as one chunk: numbers and arrays, little-endian, one after the other.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include <holo/chunks.hpp>

#include "plugins/kv-common/elements.hpp"

namespace holo::kv {

class StateWriter {
 public:
  void number(std::uint64_t value) { put(&value, sizeof(value)); }
  template <class T>
  void array(const std::vector<T>& values) {
    static_assert(std::is_trivially_copyable_v<T>);
    put(values.data(), values.size() * sizeof(T));
  }
  void write(const Sink& sink, std::uint32_t type, std::uint64_t unit) const {
    sink.write(type, unit, 0, 0, bytes_);
  }

 private:
  void put(const void* data, std::size_t size) {
    const std::size_t at = bytes_.size();
    bytes_.resize(at + size);
    if (size > 0) std::memcpy(bytes_.data() + at, data, size);
  }
  std::vector<std::uint8_t> bytes_;
};

// Everything it reads is hostile: counts are checked against what the chunk holds.
class StateReader {
 public:
  StateReader(const Source& source, std::uint32_t type, std::uint64_t unit)
      : bytes_(source.read(type, unit, 0)) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    take(&value, sizeof(value));
    return value;
  }
  // A number that must be `expected`.
  void match(std::uint64_t expected, const char* what) {
    const std::uint64_t found = number();
    if (found == expected) return;
    throw Failure(HOLO_CORRUPT, std::string("the stored cache has ") + what + " " +
                                    std::to_string(found) + ", expected " +
                                    std::to_string(expected));
  }
  // rows * each values.
  template <class T>
  std::vector<T> array(std::uint64_t rows, std::uint64_t each) {
    const std::uint64_t left = (bytes_.size() - at_) / sizeof(T);
    if (each != 0 && rows > left / each) cut();
    std::vector<T> values(static_cast<std::size_t>(rows * each));
    take(values.data(), values.size() * sizeof(T));
    return values;
  }
  // The same, of numbers that have to be finite.
  template <class T>
  std::vector<T> finite(std::uint64_t rows, std::uint64_t each) {
    std::vector<T> values = array<T>(rows, each);
    for (const T value : values) {
      if (is_finite(value)) continue;
      throw Failure(HOLO_CORRUPT, "the stored cache holds a value that is not finite");
    }
    return values;
  }
  void end() const {
    if (at_ == bytes_.size()) return;
    throw Failure(HOLO_CORRUPT, "the stored cache is " + std::to_string(bytes_.size() - at_) +
                                    " bytes longer than its counts say");
  }

 private:
  [[noreturn]] static void cut() {
    throw Failure(HOLO_CORRUPT, "the stored cache is shorter than its counts say");
  }
  void take(void* out, std::size_t size) {
    if (size > bytes_.size() - at_) cut();
    if (size > 0) std::memcpy(out, bytes_.data() + at_, size);
    at_ += size;
  }
  std::vector<std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

}  // namespace holo::kv
