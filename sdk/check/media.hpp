// Generated pictures, frames and tensors, in memory with guards around every sample that is theirs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <holo/abi/codec.h>

namespace holo_check {

// A small generator with a seed; the same on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 1) {}
  std::uint64_t next();
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  double unit() { return static_cast<double>(next() >> 11) / 9007199254740992.0; }

 private:
  std::uint64_t state_;
};

// A unit that owns its samples. Pinned: the views point into it.
class TestUnit {
 public:
  // Planes for a region of `image`; rows are padded, guards surround each plane.
  TestUnit(std::int32_t kind, std::uint64_t index, const holo_image& image);
  // A tensor. `transposed`: stored with the last two dimensions swapped, so not contiguous.
  TestUnit(std::int32_t kind, std::uint64_t index, std::string name, DLDataType dtype,
           std::vector<std::int64_t> shape, bool transposed = false);
  TestUnit(const TestUnit&) = delete;
  TestUnit& operator=(const TestUnit&) = delete;

  [[nodiscard]] const holo_unit* view() const { return &unit_.unit; }
  [[nodiscard]] const holo_image& image() const { return image_; }
  [[nodiscard]] const std::vector<std::int64_t>& shape() const { return shape_; }
  [[nodiscard]] DLDataType dtype() const { return dtype_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::uint64_t sample_bytes() const;  // of all samples, packed

  void fill(std::uint8_t byte);  // every sample byte; guards are renewed
  [[nodiscard]] bool guards_intact() const;
  [[nodiscard]] std::vector<std::uint8_t> packed() const;  // row-major, plane after plane
  void unpack(const std::vector<std::uint8_t>& bytes);
  // Appears as a younger host's unit: larger structs, filled behind.
  void pretend_future();

 private:
  struct Block {
    std::vector<std::uint8_t> bytes;
    std::vector<std::int64_t> shape, strides;
    DLTensor tensor{};
  };
  void add_block(DLDataType dtype, std::vector<std::int64_t> shape,
                 std::vector<std::int64_t> strides, std::int64_t extent_elements);
  template <class Visit>
  void each_run(Visit&& visit) const;

  std::vector<std::unique_ptr<Block>> blocks_;
  std::vector<const DLTensor*> pointers_;
  std::string name_;
  std::vector<std::int64_t> shape_;
  DLDataType dtype_{};
  holo_image image_{};
  struct {
    holo_unit unit;
    std::uint8_t future[64];
  } unit_{};
};

// A named set of units of one stream: what the tests encode.
struct Clip {
  std::string name;
  std::int32_t kind = HOLO_PICTURE;
  holo_image image{};
  std::vector<std::shared_ptr<TestUnit>> units;
  [[nodiscard]] holo_stream stream() const;  // borrows *this
  [[nodiscard]] std::uint64_t sample_bytes() const;
};

// The clips that a media kind is tried with; the first is the plainest.
std::vector<Clip> clips_of(std::int32_t kind);
std::string kind_word(std::int32_t kind);  // "picture"
std::string dtype_word(DLDataType dtype);  // "f32"

}  // namespace holo_check
