// Half precision in integer arithmetic, the same on every machine.
#include "plugins/phi-weights/float_types.hpp"

namespace phi_weights {

std::optional<FloatType> float_type(DLDataType dtype) {
  if (dtype.lanes != 1) return std::nullopt;
  if (dtype.code == kDLFloat && dtype.bits == 32) return FloatType::kF32;
  if (dtype.code == kDLFloat && dtype.bits == 16) return FloatType::kF16;
  if (dtype.code == kDLBfloat && dtype.bits == 16) return FloatType::kBf16;
  return std::nullopt;
}

float half_to_float(std::uint16_t bits) {
  const std::uint32_t sign = std::uint32_t{bits & 0x8000u} << 16;
  const std::uint32_t exponent = (bits >> 10) & 31u;
  const std::uint32_t mantissa = bits & 0x3FFu;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7F800000u | (mantissa << 13));
  if (exponent != 0)
    return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (mantissa << 13));
  // Subnormal: a whole number of 2^-24, exact in float.
  const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
  return sign != 0 ? -magnitude : magnitude;
}

std::uint16_t float_to_half(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000u);
  const std::uint32_t magnitude = bits & 0x7FFFFFFFu;
  if (magnitude > 0x7F800000u) return static_cast<std::uint16_t>(sign | 0x7E00u);
  if (magnitude >= 0x477FF000u) return static_cast<std::uint16_t>(sign | 0x7C00u);  // 65520 and up
  const auto exponent = static_cast<int>(magnitude >> 23) - 127;
  // The significand counts units of the last place of the result, `dropped` bits too fine.
  const int dropped = exponent >= -14 ? 13 : -1 - exponent;
  if (dropped > 24) return sign;
  const std::uint32_t significand = (magnitude & 0x7FFFFFu) | 0x800000u;
  std::uint32_t rounded = significand >> dropped;
  const std::uint32_t rest = significand & ((1u << dropped) - 1u);
  const std::uint32_t half = 1u << (dropped - 1);
  if (rest > half || (rest == half && (rounded & 1u) != 0)) ++rounded;
  // The hidden bit carries into the exponent, which is therefore one short.
  const std::uint32_t base = exponent >= -14 ? static_cast<std::uint32_t>(exponent + 14) << 10 : 0;
  return static_cast<std::uint16_t>(sign | (base + rounded));
}

}  // namespace phi_weights
