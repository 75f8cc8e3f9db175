// Owning units and their ABI views.
#include "core/base/unit.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

namespace holo {

namespace {

constexpr std::size_t kAlignment = 64;

struct FreeDeleter {
  void operator()(std::uint8_t* pointer) const { std::free(pointer); }
};
using AlignedBytes = std::unique_ptr<std::uint8_t, FreeDeleter>;

// Room for `size` zeros at the first aligned place. By calloc: the system gives large blocks page
// by page as they are written, so that a false claim of a huge picture costs no memory.
AlignedBytes allocate_zeroed(std::uint64_t size) {
  return AlignedBytes(
      static_cast<std::uint8_t*>(std::calloc(static_cast<std::size_t>(size) + kAlignment, 1)));
}

std::uint8_t* first_aligned(std::uint8_t* pointer) {
  const auto past = reinterpret_cast<std::uintptr_t>(pointer) % kAlignment;
  return pointer + (past == 0 ? 0 : kAlignment - past);
}

struct NamedType {
  std::string_view name;
  DLDataType type;
};

constexpr NamedType kTypes[] = {{"u8", {kDLUInt, 8, 1}},    {"u16", {kDLUInt, 16, 1}},
                                {"i8", {kDLInt, 8, 1}},     {"i16", {kDLInt, 16, 1}},
                                {"i32", {kDLInt, 32, 1}},   {"i64", {kDLInt, 64, 1}},
                                {"f16", {kDLFloat, 16, 1}}, {"bf16", {kDLBfloat, 16, 1}},
                                {"f32", {kDLFloat, 32, 1}}, {"f64", {kDLFloat, 64, 1}}};

}  // namespace

holo_stream StreamInfo::view() const {
  return {sizeof(holo_stream), kind,          unit_count,     image ? &*image : nullptr,
          time_base.num,       time_base.den, frame_rate.num, frame_rate.den};
}

holo_unit_info UnitInfo::view() const {
  const bool named = kind == HOLO_TENSOR || kind == HOLO_KV;
  return {sizeof(holo_unit_info),
          kind,
          index,
          pts,
          duration,
          named ? name.c_str() : nullptr,
          dtype,
          static_cast<std::int32_t>(shape.size()),
          shape.empty() ? nullptr : shape.data()};
}

struct UnitBuffer::State {
  std::vector<AlignedBytes> blocks;
  std::vector<std::vector<std::int64_t>> shapes;
  std::vector<std::vector<std::int64_t>> strides;
  std::vector<DLTensor> tensors;
  std::vector<const DLTensor*> pointers;
  std::uint64_t byte_size = 0;
  holo_unit view{};

  bool add(DLDataType type, std::vector<std::int64_t> shape, std::vector<std::int64_t> stride,
           std::uint64_t bytes) {
    AlignedBytes block = allocate_zeroed(bytes);
    if (!block) return false;
    blocks.push_back(std::move(block));
    shapes.push_back(std::move(shape));
    strides.push_back(std::move(stride));
    DLTensor tensor{};
    tensor.data = first_aligned(blocks.back().get());
    tensor.device = {kDLCPU, 0};
    tensor.dtype = type;
    tensors.push_back(tensor);
    return true;
  }
};

UnitBuffer::UnitBuffer() : state_(new State) {}
UnitBuffer::UnitBuffer(UnitBuffer&& other) noexcept
    : info(std::move(other.info)),
      image(other.image),
      state_(std::exchange(other.state_, nullptr)) {}
UnitBuffer& UnitBuffer::operator=(UnitBuffer&& other) noexcept {
  if (this != &other) {
    delete state_;
    state_ = std::exchange(other.state_, nullptr);
    info = std::move(other.info);
    image = other.image;
  }
  return *this;
}
UnitBuffer::~UnitBuffer() { delete state_; }

Result<UnitBuffer> UnitBuffer::planes(std::int32_t kind, const holo_image& image,
                                      std::uint64_t byte_limit) {
  HOLO_TRY(validate_image(image, byte_limit));
  UnitBuffer unit;
  unit.info.kind = kind;
  unit.image = image;
  const int sample = bytes_per_sample(image);
  for (std::size_t plane = 0; plane < holo::plane_count(image); ++plane) {
    const std::int64_t width = holo::plane_width(image, plane);
    const std::int64_t height = holo::plane_height(image, plane);
    const std::int64_t row = (width * sample + std::int64_t{kAlignment} - 1) /
                             std::int64_t{kAlignment} * std::int64_t{kAlignment};
    const DLDataType type{kDLUInt, static_cast<std::uint8_t>(8 * sample), 1};
    if (!unit.state_->add(type, {height, width}, {row / sample, 1},
                          static_cast<std::uint64_t>(row) * static_cast<std::uint64_t>(height))) {
      return make_error(HOLO_NO_MEMORY, "no memory for a plane of " + std::to_string(width) + "x" +
                                            std::to_string(height));
    }
    unit.state_->byte_size += static_cast<std::uint64_t>(width * height * sample);
  }
  return unit;
}

Result<UnitBuffer> UnitBuffer::tensor(const UnitInfo& info, std::uint64_t byte_limit) {
  if (dtype_name(info.dtype).empty()) {
    return make_error(HOLO_UNSUPPORTED, "tensor '" + info.name + "' has an unknown element type");
  }
  // The extents are counted as if none were zero, so that no stride can overflow either.
  std::uint64_t spanned = info.dtype.bits / 8u;
  bool empty = false;
  for (const std::int64_t extent : info.shape) {
    empty = empty || extent == 0;
    if (extent < 0 ||
        __builtin_mul_overflow(
            spanned, static_cast<std::uint64_t>(std::max<std::int64_t>(extent, 1)), &spanned)) {
      return make_error(HOLO_NO_MEMORY,
                        "tensor '" + info.name + "' has extents that no memory holds");
    }
  }
  const std::uint64_t bytes = empty ? 0 : spanned;
  if (bytes > byte_limit || spanned > static_cast<std::uint64_t>(INT64_MAX)) {
    return make_error(HOLO_NO_MEMORY, "tensor '" + info.name + "' needs " + std::to_string(bytes) +
                                          " bytes, the limit is " + std::to_string(byte_limit));
  }
  std::vector<std::int64_t> strides(info.shape.size(), 1);
  for (std::size_t i = info.shape.size(); i-- > 1;) {
    strides[i - 1] = strides[i] * std::max<std::int64_t>(info.shape[i], 1);
  }
  UnitBuffer unit;
  unit.info = info;
  if (!unit.state_->add(info.dtype, info.shape, std::move(strides), bytes)) {
    return make_error(HOLO_NO_MEMORY, "no memory for tensor '" + info.name + "' of " +
                                          std::to_string(bytes) + " bytes");
  }
  unit.state_->byte_size = bytes;
  return unit;
}

std::size_t UnitBuffer::plane_count() const { return state_->blocks.size(); }
std::uint8_t* UnitBuffer::plane(std::size_t index) {
  return static_cast<std::uint8_t*>(state_->tensors[index].data);
}
const std::uint8_t* UnitBuffer::plane(std::size_t index) const {
  return static_cast<std::uint8_t*>(state_->tensors[index].data);
}
std::int64_t UnitBuffer::plane_width(std::size_t index) const {
  return state_->shapes[index].empty() ? 1 : state_->shapes[index].back();
}
std::int64_t UnitBuffer::plane_height(std::size_t index) const {
  return state_->shapes[index].size() < 2 ? 1 : state_->shapes[index].front();
}
std::int64_t UnitBuffer::row_bytes(std::size_t index) const {
  const std::int64_t element = state_->tensors[index].dtype.bits / 8;
  return state_->strides[index].empty() ? element : state_->strides[index].front() * element;
}
std::uint64_t UnitBuffer::byte_size() const { return state_->byte_size; }

const holo_unit& UnitBuffer::view() {
  State& state = *state_;
  state.pointers.clear();
  for (std::size_t i = 0; i < state.tensors.size(); ++i) {
    DLTensor& tensor = state.tensors[i];
    tensor.ndim = static_cast<int>(state.shapes[i].size());
    tensor.shape = state.shapes[i].data();
    tensor.strides = state.strides[i].data();
    state.pointers.push_back(&tensor);
  }
  const bool named = info.kind == HOLO_TENSOR || info.kind == HOLO_KV;
  state.view = {sizeof(holo_unit),
                info.kind,
                info.index,
                info.pts,
                info.duration,
                image ? &*image : nullptr,
                named ? info.name.c_str() : nullptr,
                static_cast<std::uint32_t>(state.pointers.size()),
                0,
                state.pointers.data()};
  return state.view;
}

std::string dtype_name(DLDataType dtype) {
  for (const NamedType& row : kTypes) {
    if (row.type.code == dtype.code && row.type.bits == dtype.bits && dtype.lanes == 1) {
      return std::string(row.name);
    }
  }
  return {};
}

std::optional<DLDataType> dtype_from_name(std::string_view name) {
  for (const NamedType& row : kTypes) {
    if (row.name == name) return row.type;
  }
  return std::nullopt;
}

}  // namespace holo
