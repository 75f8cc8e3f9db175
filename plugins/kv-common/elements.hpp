// Numbers as rows keep them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <holo/error.hpp>

#include "core/spectral/half_float.hpp"

namespace holo::kv {

struct Half {
  std::uint16_t bits;
};
struct Bfloat {
  std::uint16_t bits;
};

inline constexpr float kLargestHalf = 65504.0F;

inline float to_float(float value) { return value; }
inline float to_float(Half value) { return spectral::half_to_float(value.bits); }
inline float to_float(Bfloat value) { return spectral::bfloat_to_float(value.bits); }

inline bool is_finite(float value) { return std::isfinite(value); }
inline bool is_finite(Half value) { return (value.bits & 0x7C00u) != 0x7C00u; }
inline bool is_finite(Bfloat value) { return (value.bits & 0x7F80u) != 0x7F80u; }

// To nearest; what is too large becomes the largest.
template <class Element>
Element from_float(float value);
template <>
inline float from_float<float>(float value) {
  return value;
}
template <>
inline Half from_float<Half>(float value) {
  return {spectral::float_to_half(std::clamp(value, -kLargestHalf, kLargestHalf))};
}
template <>
inline Bfloat from_float<Bfloat>(float value) {
  constexpr float kLargest = 0x1.FEp127F;
  return {spectral::float_to_bfloat(std::clamp(value, -kLargest, kLargest))};
}

inline void check_finite(float value) {
  if (std::isfinite(value)) return;
  throw Failure(HOLO_INVALID_ARG, "a row to append holds a value that is not finite");
}

}  // namespace holo::kv
