// float32, float16 and bfloat16 in memory, as floats; rounding is to nearest, ties to even.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>

#include <dlpack/dlpack.h>

namespace phi_weights {

enum class FloatType : std::uint8_t { kF32, kF16, kBf16 };

// Nothing for every other dtype.
std::optional<FloatType> float_type(DLDataType dtype);
inline std::size_t byte_size(FloatType type) { return type == FloatType::kF32 ? 4 : 2; }

float half_to_float(std::uint16_t bits);
std::uint16_t float_to_half(float value);

inline float bfloat_to_float(std::uint16_t bits) {
  return std::bit_cast<float>(std::uint32_t{bits} << 16);
}
// `value` is finite.
inline std::uint16_t float_to_bfloat(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return static_cast<std::uint16_t>((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
}

// Element `index` of an array of `type`, which needs no alignment.
inline float load(FloatType type, const std::uint8_t* array, std::size_t index) {
  if (type == FloatType::kF32) {
    float value = 0;
    std::memcpy(&value, array + index * 4, 4);
    return value;
  }
  std::uint16_t bits = 0;
  std::memcpy(&bits, array + index * 2, 2);
  return type == FloatType::kF16 ? half_to_float(bits) : bfloat_to_float(bits);
}

// Writes it, and returns the value as it was rounded.
inline float store(FloatType type, std::uint8_t* array, std::size_t index, float value) {
  if (type == FloatType::kF32) {
    std::memcpy(array + index * 4, &value, 4);
    return value;
  }
  const std::uint16_t bits =
      type == FloatType::kF16 ? float_to_half(value) : float_to_bfloat(value);
  std::memcpy(array + index * 2, &bits, 2);
  return type == FloatType::kF16 ? half_to_float(bits) : bfloat_to_float(bits);
}

}  // namespace phi_weights
