// The arithmetic of the forward pass, for the instruction set of this machine.
//
// Weights come in panels of 16 outputs, [panel][depth][16], so that one layout serves products with
// one row and with many. All functions are thread-safe; no pointer needs alignment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace holo::lm {

inline constexpr std::size_t kPanel = 16;  // outputs of a panel

// What a product starts from.
struct Start {
  const float* values = nullptr;  // null: zeros
  std::size_t stride = 0;         // from row to row; 0: the same for every row
};

struct Kernels {
  const char* name;       // "portable", "avx2", ...
  std::size_t tile_rows;  // rows of the packed left side of `tile`

  // y[r][0..16) = start[r] + sum over k of x[r][k] * panel[k][0..16), any number of rows.
  void (*product_f32)(const float* panel, std::size_t depth, const float* x, std::size_t x_stride,
                      std::size_t rows, Start start, float* y, std::size_t y_stride);
  void (*product_f16)(const std::uint16_t* panel, std::size_t depth, const float* x,
                      std::size_t x_stride, std::size_t rows, Start start, float* y,
                      std::size_t y_stride);
  // The same with the left side as [depth][tile_rows], rows <= tile_rows.
  void (*tile)(const float* panel, std::size_t depth, const float* packed, std::size_t rows,
               Start start, float* y, std::size_t y_stride);
  void (*widen)(const std::uint16_t* half, std::size_t count, float* out);
  void (*narrow)(const float* values, std::size_t count, std::uint16_t* half);

  // out[i] = query . rows[i]
  void (*scores)(const float* query, const float* rows, std::size_t stride, std::size_t count,
                 std::size_t dim, float* out);
  // out += sum over i, in rising order, of weights[i] * rows[i]: cutting the rows in blocks gives
  // the same bits.
  void (*mix)(const float* weights, const float* rows, std::size_t stride, std::size_t count,
              std::size_t dim, float* out);

  float (*maximum)(const float* x, std::size_t count);  // count >= 1
  // x = exp(factor * (x - shift)); gives the sum.
  float (*exp_sum)(float* x, std::size_t count, float shift, float factor);
  void (*scale)(float* x, std::size_t count, float factor);
  void (*add)(float* x, const float* y, std::size_t count);                         // x += y
  void (*gelu)(float* x, std::size_t count);                                        // tanh form
  void (*swiglu)(const float* gate, const float* up, float* y, std::size_t count);  // silu(gate) up
  // bias may be null. layer_norm centres; rms_norm does not.
  void (*layer_norm)(const float* x, std::size_t count, const float* weight, const float* bias,
                     float epsilon, float* y);
  void (*rms_norm)(const float* x, std::size_t count, const float* weight, float epsilon, float* y);
};

// The fastest that this machine runs.
const Kernels& kernels();
// All that it runs, the portable one first: they agree within rounding.
std::span<const Kernels* const> all_kernels();

}  // namespace holo::lm
