// Views of units: planes of pictures and frames, tensors, streams. Nothing here owns samples.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include <holo/abi/codec.h>
#include <holo/error.hpp>

namespace holo {

// A 2-D view with contiguous rows.
template <class T>
class Plane {
 public:
  Plane() = default;
  Plane(T* data, std::int64_t width, std::int64_t height, std::int64_t stride)
      : data_(data), width_(width), height_(height), stride_(stride) {}
  [[nodiscard]] T* row(std::int64_t y) const { return data_ + y * stride_; }
  [[nodiscard]] T& at(std::int64_t x, std::int64_t y) const { return data_[y * stride_ + x]; }
  [[nodiscard]] std::int64_t width() const { return width_; }
  [[nodiscard]] std::int64_t height() const { return height_; }
  [[nodiscard]] std::int64_t stride() const { return stride_; }  // samples from row to row

 private:
  T* data_ = nullptr;
  std::int64_t width_ = 0, height_ = 0, stride_ = 0;
};

namespace detail {
template <class T>
constexpr DLDataType dtype_of() {
  using V = std::remove_const_t<T>;
  static_assert(std::is_arithmetic_v<V>, "samples are numbers");
  const auto code = std::is_floating_point_v<V> ? kDLFloat : std::is_signed_v<V> ? kDLInt : kDLUInt;
  return {static_cast<std::uint8_t>(code), static_cast<std::uint8_t>(8 * sizeof(V)), 1};
}
inline bool same_dtype(DLDataType a, DLDataType b) {
  return a.code == b.code && a.bits == b.bits && a.lanes == b.lanes;
}
inline std::uint8_t* data_of(const DLTensor& tensor) {
  return static_cast<std::uint8_t*>(tensor.data) + tensor.byte_offset;
}
}  // namespace detail

// The planes of an image description: how many, how large.
class ImageShape {
 public:
  explicit ImageShape(const holo_image& image) : image_(image) {}
  [[nodiscard]] int planes() const {
    return (image_.model == HOLO_GRAY ? 1 : 3) + (image_.has_alpha != 0 ? 1 : 0);
  }
  [[nodiscard]] bool is_chroma(int plane) const {
    return image_.model == HOLO_YCBCR && (plane == 1 || plane == 2);
  }
  [[nodiscard]] bool is_alpha(int plane) const {
    return image_.has_alpha != 0 && plane == planes() - 1;
  }
  [[nodiscard]] int shift_x(int plane) const {
    return is_chroma(plane) ? image_.chroma_shift_x : 0;
  }
  [[nodiscard]] int shift_y(int plane) const {
    return is_chroma(plane) ? image_.chroma_shift_y : 0;
  }
  [[nodiscard]] std::int64_t width(int plane) const {
    return (std::int64_t{image_.width} + shift_x(plane)) >> shift_x(plane);
  }
  [[nodiscard]] std::int64_t height(int plane) const {
    return (std::int64_t{image_.height} + shift_y(plane)) >> shift_y(plane);
  }
  [[nodiscard]] int sample_bytes() const { return image_.bit_depth > 8 ? 2 : 1; }
  [[nodiscard]] std::int32_t max_sample() const { return (1 << image_.bit_depth) - 1; }

 private:
  holo_image image_;
};

// A view of DLTensor. Throws INVALID_ARG for what the contract forbids.
class Tensor {
 public:
  explicit Tensor(const DLTensor* tensor) : t_(tensor) {
    if (t_ == nullptr || t_->ndim < 0 ||
        (t_->ndim > 0 && (t_->shape == nullptr || t_->strides == nullptr))) {
      throw Failure(HOLO_INVALID_ARG, "a tensor lacks its shape or strides");
    }
  }
  [[nodiscard]] int rank() const { return t_->ndim; }
  [[nodiscard]] std::int64_t extent(int axis) const { return t_->shape[axis]; }
  [[nodiscard]] std::int64_t stride(int axis) const { return t_->strides[axis]; }
  [[nodiscard]] DLDataType dtype() const { return t_->dtype; }
  [[nodiscard]] std::size_t element_bytes() const { return (t_->dtype.bits + 7u) / 8u; }
  [[nodiscard]] std::uint8_t* bytes() const { return detail::data_of(*t_); }
  // First byte of row `y` of the first dimension.
  [[nodiscard]] std::uint8_t* row(std::int64_t y) const {
    return bytes() + y * stride(0) * static_cast<std::int64_t>(element_bytes());
  }
  [[nodiscard]] const DLTensor& raw() const { return *t_; }

  // Rows of the first dimension; a tensor of rank 0 has one.
  [[nodiscard]] std::int64_t rows() const { return rank() == 0 ? 1 : extent(0); }
  [[nodiscard]] std::int64_t row_elements() const {
    std::int64_t count = 1;
    for (int axis = 1; axis < rank(); ++axis) count *= extent(axis);
    return count;
  }
  [[nodiscard]] std::int64_t elements() const { return rows() * row_elements(); }
  [[nodiscard]] bool contiguous() const {
    std::int64_t expected = 1;
    for (int axis = rank() - 1; axis >= 0; --axis) {
      if (extent(axis) != 1 && stride(axis) != expected) return false;
      expected *= extent(axis);
    }
    return true;
  }
  // Copies rows between the tensor, whatever its strides, and packed row-major memory of
  // elements() * element_bytes() bytes.
  void copy_to(std::uint8_t* packed) const { copy<true>(packed); }
  void copy_from(const std::uint8_t* packed) const {
    copy<false>(const_cast<std::uint8_t*>(packed));
  }

  // A rank-2 view with contiguous rows of T.
  template <class T>
  [[nodiscard]] Plane<T> matrix() const {
    if (rank() != 2 || !detail::same_dtype(t_->dtype, detail::dtype_of<T>()) ||
        (extent(1) > 1 && stride(1) != 1)) {
      throw Failure(HOLO_INVALID_ARG, "expected a matrix of " + std::to_string(8 * sizeof(T)) +
                                          "-bit elements with contiguous rows, found rank " +
                                          std::to_string(rank()) + " of " +
                                          std::to_string(t_->dtype.bits) + " bits");
    }
    return Plane<T>(reinterpret_cast<T*>(bytes()), extent(1), extent(0), stride(0));
  }

 private:
  template <bool kOut>
  void copy(std::uint8_t* packed) const {
    const std::size_t size = element_bytes();
    const std::int64_t total = elements();
    if (total == 0) return;
    if (contiguous()) {
      const std::size_t bytes_total = static_cast<std::size_t>(total) * size;
      kOut ? std::memcpy(packed, bytes(), bytes_total) : std::memcpy(bytes(), packed, bytes_total);
      return;
    }
    std::vector<std::int64_t> at(static_cast<std::size_t>(rank()), 0);
    for (std::int64_t i = 0; i < total; ++i) {
      std::int64_t offset = 0;
      for (int a = 0; a < rank(); ++a) offset += at[static_cast<std::size_t>(a)] * stride(a);
      std::uint8_t* element = bytes() + offset * static_cast<std::int64_t>(size);
      std::uint8_t* other = packed + static_cast<std::size_t>(i) * size;
      kOut ? std::memcpy(other, element, size) : std::memcpy(element, other, size);
      for (int a = rank() - 1; a >= 0 && ++at[static_cast<std::size_t>(a)] == extent(a); --a) {
        at[static_cast<std::size_t>(a)] = 0;
      }
    }
  }
  const DLTensor* t_;
};

// What a job holds, copied: may be kept.
class Stream {
 public:
  explicit Stream(const holo_stream* stream) {
    if (stream == nullptr || !HOLO_HAS(stream, holo_stream, frame_rate_den)) {
      throw Failure(HOLO_ABI_MISMATCH, "the stream description is shorter than version 1.0");
    }
    raw_ = *stream;
    raw_.struct_size = sizeof raw_;
    has_image_ = stream->image != nullptr;
    if (has_image_) image_ = *stream->image;
    raw_.image = nullptr;
    if (!has_image_ && (raw_.kind == HOLO_PICTURE || raw_.kind == HOLO_FRAME)) {
      throw Failure(HOLO_INVALID_ARG, "the stream has no picture description");
    }
  }
  [[nodiscard]] std::int32_t kind() const { return raw_.kind; }
  [[nodiscard]] std::uint64_t unit_count() const { return raw_.unit_count; }  // 0: unknown
  [[nodiscard]] bool has_image() const { return has_image_; }
  [[nodiscard]] const holo_image& image() const { return image_; }  // PICTURE, FRAME
  [[nodiscard]] ImageShape shape() const { return ImageShape(image_); }
  [[nodiscard]] const holo_stream& raw() const { return raw_; }  // without its image

 private:
  holo_stream raw_{};
  holo_image image_{};
  bool has_image_ = false;
};

// One unit, borrowed for the time of the call that got it.
class Unit {
 public:
  explicit Unit(const holo_unit* unit) : u_(unit) {
    if (!HOLO_HAS(unit, holo_unit, tensors)) {
      throw Failure(HOLO_ABI_MISMATCH, "the unit is shorter than version 1.0");
    }
    if (unit->tensors == nullptr || unit->tensor_count == 0) {
      throw Failure(HOLO_INVALID_ARG, "the unit holds no tensors");
    }
  }
  [[nodiscard]] std::int32_t kind() const { return u_->kind; }
  [[nodiscard]] std::uint64_t index() const { return u_->index; }
  [[nodiscard]] std::int64_t pts() const { return u_->pts; }
  [[nodiscard]] std::int64_t duration() const { return u_->duration; }
  [[nodiscard]] std::string name() const { return u_->name != nullptr ? u_->name : ""; }
  [[nodiscard]] bool has_image() const { return u_->image != nullptr; }
  [[nodiscard]] const holo_image& image() const {
    if (u_->image == nullptr)
      throw Failure(HOLO_INVALID_ARG, "the unit has no picture description");
    return *u_->image;
  }
  [[nodiscard]] int planes() const { return static_cast<int>(u_->tensor_count); }
  [[nodiscard]] Tensor tensor(int index = 0) const {
    if (index < 0 || index >= planes()) {
      throw Failure(HOLO_INVALID_ARG, "the unit has no tensor " + std::to_string(index));
    }
    return Tensor(u_->tensors[index]);
  }
  // T is uint8_t or uint16_t, as the bit depth says; const T for reading.
  template <class T>
  [[nodiscard]] Plane<T> plane(int index) const {
    return tensor(index).template matrix<T>();
  }
  [[nodiscard]] const holo_unit& raw() const { return *u_; }

 private:
  const holo_unit* u_;
};

// A rectangle of one plane.
struct Region {
  std::int64_t x = 0, y = 0, width = 0, height = 0;
};

// What a render asks for.
class RenderRequest {
 public:
  explicit RenderRequest(const holo_render_request* request) {
    if (!HOLO_HAS(request, holo_render_request, exec)) {
      throw Failure(HOLO_ABI_MISMATCH, "the render request is shorter than version 1.0");
    }
    raw_ = *request;
  }
  [[nodiscard]] std::uint64_t unit() const { return raw_.unit; }
  [[nodiscard]] bool sequential() const { return (raw_.flags & HOLO_RENDER_SEQUENTIAL) != 0; }
  [[nodiscard]] int components() const { return raw_.components; }  // 0: all
  [[nodiscard]] std::uint64_t row_begin() const { return raw_.row_begin; }
  [[nodiscard]] std::uint64_t row_count() const { return raw_.row_count; }
  // The requested region in luma samples, checked to lie inside the image.
  [[nodiscard]] Region region(const holo_image& image) const {
    if (raw_.x < 0 || raw_.y < 0 || raw_.width < 1 || raw_.height < 1 ||
        std::int64_t{raw_.x} + raw_.width > image.width ||
        std::int64_t{raw_.y} + raw_.height > image.height) {
      throw Failure(HOLO_INVALID_ARG, "the region lies outside the picture of " +
                                          std::to_string(image.width) + "x" +
                                          std::to_string(image.height));
    }
    return {raw_.x, raw_.y, raw_.width, raw_.height};
  }
  // The part of plane `plane` that the region covers, in samples of that plane.
  [[nodiscard]] Region region(const holo_image& image, int plane) const {
    const Region r = region(image);
    const ImageShape shape(image);
    const int sx = shape.shift_x(plane), sy = shape.shift_y(plane);
    return {r.x >> sx, r.y >> sy, (r.width + sx) >> sx, (r.height + sy) >> sy};
  }
  [[nodiscard]] const holo_render_request& raw() const { return raw_; }

 private:
  holo_render_request raw_{};
};

}  // namespace holo
