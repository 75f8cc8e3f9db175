// Dense products of float matrices, for the fit and for rows that come back from coefficients.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "plugins/kv-eigen/kernels.hpp"

namespace holo::kv_eigen {

// A matrix in memory, or its transpose: element (r, c) is at data[r * row_step + c * column_step].
struct MatrixRef {
  const float* data;
  std::size_t row_step;
  std::size_t column_step = 1;
  [[nodiscard]] MatrixRef transposed() const { return {data, column_step, row_step}; }
};

// Runs body(i) for i in 0..count-1, in any order.
using Loop = std::function<void(std::uint64_t, const std::function<void(std::uint64_t)>&)>;
Loop serial_loop();

// c {rows, columns} of row length ldc += a {rows, depth} . b {depth, columns}. The result does not
// depend on how the loop runs. With `lower_only`, only tiles that reach the lower triangle of c are
// computed, the rest is left as it is.
void multiply(std::size_t rows, std::size_t columns, std::size_t depth, const MatrixRef& a,
              const MatrixRef& b, float* c, std::size_t ldc, const Loop& loop = serial_loop(),
              bool lower_only = false, const Kernels& use = kernels());

}  // namespace holo::kv_eigen
