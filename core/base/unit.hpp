// Owning C++ counterparts of the ABI's unit vocabulary (sdk: holo/abi/unit.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <holo/abi/codec.h>

#include "core/base/result.hpp"

namespace holo {

struct Rational {
  std::int64_t num = 0;
  std::int64_t den = 1;
};

// What a file or a job holds; see holo_stream.
struct StreamInfo {
  std::int32_t kind = HOLO_PICTURE;
  std::uint64_t unit_count = 0;
  std::optional<holo_image> image;  // PICTURE, FRAME
  Rational time_base;               // FRAME
  Rational frame_rate;              // FRAME; 0/1 unknown or variable

  // The view borrows *this.
  [[nodiscard]] holo_stream view() const;
};

// What is remembered of one unit; see holo_unit_info.
struct UnitInfo {
  std::int32_t kind = HOLO_PICTURE;
  std::uint64_t index = 0;
  std::int64_t pts = 0;
  std::int64_t duration = 0;
  std::string name;                 // TENSOR, KV
  DLDataType dtype{};               // TENSOR, KV
  std::vector<std::int64_t> shape;  // TENSOR, KV

  // The view borrows *this.
  [[nodiscard]] holo_unit_info view() const;
};

// A unit with its samples: owns one aligned block per tensor, hands out holo_unit views.
class UnitBuffer {
 public:
  // Planes of `image`, zeroed, rows padded to 64 bytes. NO_MEMORY past `byte_limit`.
  static Result<UnitBuffer> planes(std::int32_t kind, const holo_image& image,
                                   std::uint64_t byte_limit);
  // One contiguous tensor, zeroed.
  static Result<UnitBuffer> tensor(const UnitInfo& info, std::uint64_t byte_limit);

  UnitBuffer(UnitBuffer&&) noexcept;
  UnitBuffer& operator=(UnitBuffer&&) noexcept;
  ~UnitBuffer();

  UnitInfo info;
  std::optional<holo_image> image;

  [[nodiscard]] std::size_t plane_count() const;
  [[nodiscard]] std::uint8_t* plane(std::size_t index);  // first byte of the plane or tensor
  [[nodiscard]] const std::uint8_t* plane(std::size_t index) const;
  [[nodiscard]] std::int64_t plane_width(std::size_t index) const;   // samples
  [[nodiscard]] std::int64_t plane_height(std::size_t index) const;  // rows
  [[nodiscard]] std::int64_t row_bytes(std::size_t index) const;     // from row to row
  [[nodiscard]] std::uint64_t byte_size() const;                     // of the samples, unpadded

  // A view that borrows *this and is valid until *this changes or moves.
  [[nodiscard]] const holo_unit& view();

 private:
  UnitBuffer();
  struct State;
  State* state_;  // pinned: DLTensor pointers into it must survive a move
};

// Number of planes, and the size of plane `plane`, of an image of this description.
[[nodiscard]] std::size_t plane_count(const holo_image& image);
[[nodiscard]] bool is_chroma_plane(const holo_image& image, std::size_t plane);
[[nodiscard]] std::int64_t plane_width(const holo_image& image, std::size_t plane);
[[nodiscard]] std::int64_t plane_height(const holo_image& image, std::size_t plane);
[[nodiscard]] int bytes_per_sample(const holo_image& image);

// A picture description with every colour tag "unspecified", full range, upright.
[[nodiscard]] holo_image make_image(int width, int height, int model, bool alpha, int bit_depth);

// Checks every field of a description that came from outside: ranges, known models, and that the
// samples fit `byte_limit`. The message names the field.
[[nodiscard]] Status validate_image(const holo_image& image, std::uint64_t byte_limit);

// "f32" and so on, as safetensors and npy spell them in lower case; empty if unknown.
[[nodiscard]] std::string dtype_name(DLDataType dtype);
[[nodiscard]] std::optional<DLDataType> dtype_from_name(std::string_view name);

}  // namespace holo
