// float32, float16 and bfloat16 in memory, as floats; rounding is to nearest, ties to even.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>

#include <dlpack/dlpack.h>

#include "core/spectral/half_float.hpp"

namespace phi_weights {

enum class FloatType : std::uint8_t { kF32, kF16, kBf16 };

// Nothing for every other dtype.
std::optional<FloatType> float_type(DLDataType dtype);
inline std::size_t byte_size(FloatType type) { return type == FloatType::kF32 ? 4 : 2; }

inline float from_bits(FloatType type, std::uint16_t bits) {
  return type == FloatType::kF16 ? holo::spectral::half_to_float(bits)
                                 : holo::spectral::bfloat_to_float(bits);
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
  return from_bits(type, bits);
}

// Writes it, and returns the value as it was rounded.
inline float store(FloatType type, std::uint8_t* array, std::size_t index, float value) {
  if (type == FloatType::kF32) {
    std::memcpy(array + index * 4, &value, 4);
    return value;
  }
  const std::uint16_t bits = type == FloatType::kF16 ? holo::spectral::float_to_half(value)
                                                     : holo::spectral::float_to_bfloat(value);
  std::memcpy(array + index * 2, &bits, 2);
  return from_bits(type, bits);
}

}  // namespace phi_weights
