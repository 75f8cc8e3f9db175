// Rows of tensors of any number type, as floats.
#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "core/spectral/half_float.hpp"
#include "plugins/df-analyzer/samples.hpp"

namespace df_analyzer {
namespace {

constexpr std::uint64_t kBlockRows = 512;

template <class T>
float number(const std::uint8_t* at) {
  T value{};
  std::memcpy(&value, at, sizeof value);
  return static_cast<float>(value);
}
template <float (*kConvert)(std::uint16_t)>
float sixteen_bits(const std::uint8_t* at) {
  std::uint16_t bits = 0;
  std::memcpy(&bits, at, sizeof bits);
  return kConvert(bits);
}

struct NumberType {
  std::uint8_t code;
  std::uint8_t bits;
  float (*read)(const std::uint8_t*);
};
constexpr std::array<NumberType, 10> kTypes = {{
    {kDLFloat, 32, number<float>},
    {kDLFloat, 64, number<double>},
    {kDLFloat, 16, sixteen_bits<holo::spectral::half_to_float>},
    {kDLBfloat, 16, sixteen_bits<holo::spectral::bfloat_to_float>},
    {kDLUInt, 8, number<std::uint8_t>},
    {kDLUInt, 16, number<std::uint16_t>},
    {kDLInt, 8, number<std::int8_t>},
    {kDLInt, 16, number<std::int16_t>},
    {kDLInt, 32, number<std::int32_t>},
    {kDLInt, 64, number<std::int64_t>},
}};

const NumberType& type_of(DLDataType dtype) {
  for (const NumberType& type : kTypes) {
    if (type.code == dtype.code && type.bits == dtype.bits && dtype.lanes == 1) return type;
  }
  throw holo::Failure(HOLO_UNSUPPORTED,
                      "the elements of the tensor are not numbers of 8, 16, 32 "
                      "or 64 bits; convert it to f32 first");
}

}  // namespace

std::size_t row_dimensions(const holo::Tensor& tensor) {
  return static_cast<std::size_t>(tensor.extent(tensor.rank() - 1));
}

void for_each_row(const holo::Tensor& tensor, std::uint64_t most, const RowSink& sink) {
  const NumberType& type = type_of(tensor.dtype());
  const auto features = static_cast<std::uint64_t>(row_dimensions(tensor));
  if (tensor.elements() == 0) return;
  const std::uint64_t total = static_cast<std::uint64_t>(tensor.elements()) / features;
  const std::uint64_t kept = std::min(total, most);
  const std::int64_t step = tensor.stride(tensor.rank() - 1);
  const auto size = static_cast<std::int64_t>(tensor.element_bytes());
  std::vector<float> block;
  for (std::uint64_t i = 0; i < kept; ++i) {
    // The number of the row, taken apart into the indices of all dimensions but the last.
    auto rest = static_cast<std::int64_t>(i * total / kept);
    std::int64_t offset = 0;
    for (int axis = tensor.rank() - 2; axis >= 0; --axis) {
      offset += rest % tensor.extent(axis) * tensor.stride(axis);
      rest /= tensor.extent(axis);
    }
    const std::uint8_t* at = tensor.bytes() + offset * size;
    for (std::uint64_t k = 0; k < features; ++k, at += step * size) block.push_back(type.read(at));
    if ((i + 1) % kBlockRows == 0 || i + 1 == kept) {
      sink(block, static_cast<std::size_t>(i % kBlockRows + 1));
      block.clear();
    }
  }
}

}  // namespace df_analyzer
