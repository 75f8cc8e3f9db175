// The block transform: coefficients = basis . residual, and back, in integers.
#pragma once

#include <array>
#include <cstdint>

#include "plugins/holo-image/fast/model.hpp"

namespace holo::image {

using Block = std::array<std::int16_t, kBlockPixels>;         // internal samples or differences
using Coefficients = std::array<std::int32_t, kBlockPixels>;  // on the scale of internal samples

// Dequantized coefficients are in 1/8 of an 8-bit step, that is 8 internal steps, and lie in
// -kCoefficientMax..kCoefficientMax: 64 of them times 2047 stay below 2^31, whatever the file says.
inline constexpr std::int32_t kCoefficientMax = 16383;
inline constexpr int kCoefficientShift = 3;

// |residual| <= 16383 and unit rows: by Cauchy-Schwarz every sum is below 2^29.
void forward_transform(const BlockClass& c, const Block& residual, Coefficients& out);

// Adds basis . coefficients to `prediction` and clamps to internal samples. Only the first
// `count` coefficients are looked at; zeros cost nothing.
void inverse_transform(const BlockClass& c, const Block& coefficients, int count,
                       const Block& prediction, Block& out);

}  // namespace holo::image
