// Block transforms: coefficients = basis . residual, and back, in integers.
#pragma once

#include <cstdint>

#include "plugins/holo-image/deep/model.hpp"

namespace holo::image::deep {

// A block of up to 32x32 samples or differences, rows of its side.
struct alignas(32) Block {
  std::int16_t sample[kMaxPixels];
};
struct alignas(32) Coefficients {
  std::int32_t value[kMaxPixels];
};

// Dequantized coefficients are 16-bit: in 1/8 of an 8-bit step for sides up to 16, 1/4 for 32.
[[nodiscard]] constexpr int coefficient_shift(int size) { return size == 3 ? 4 : 3; }
inline constexpr std::int32_t kCoefficientMax = 32767;

// Coefficients of a residual in internal units; |residual| <= 16383.
void analyse(const Model& model, int size, int block_class, const Block& residual,
             Coefficients& out);

// prediction + basis . coefficients, clamped to internal samples. `coefficients` holds the first
// `count`, in the order of the class.
void synthesise(const Model& model, int size, int block_class, const std::int16_t* coefficients,
                int count, const Block& prediction, Block& out);

}  // namespace holo::image::deep
