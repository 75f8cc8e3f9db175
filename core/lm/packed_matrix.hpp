// A weight matrix in the layout of the kernels: panels of 16 outputs, [panel][input][16].
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/host/job.hpp"
#include "core/lm/kernels.hpp"
#include "core/lm/model.hpp"
#include "core/lm/weight_arena.hpp"

namespace holo::lm {

// The two layouts that model files use.
enum class MatrixLayout { in_out, out_in };

class PackedMatrix {
 public:
  PackedMatrix() = default;
  // All zeros, in memory of the arena, which outlives this. Outputs beyond the last are zeros in
  // the last panel.
  PackedMatrix(WeightArena& arena, std::size_t inputs, std::size_t outputs, Precision precision);

  // Puts `weights`, a matrix of `count` outputs, at outputs first, first + 1, ... With `step` > 1
  // its panel i comes to panel first / 16 + i * step: panels of several matrices side by side.
  void fill(std::size_t first, std::size_t count, std::span<const float> weights,
            MatrixLayout layout, const host::Job& job, std::size_t step = 1);

  [[nodiscard]] std::size_t inputs() const { return inputs_; }
  [[nodiscard]] std::size_t outputs() const { return outputs_; }
  [[nodiscard]] std::size_t panels() const { return (outputs_ + kPanel - 1) / kPanel; }
  [[nodiscard]] Precision precision() const { return precision_; }
  [[nodiscard]] std::uint64_t bytes() const;
  // The weights of one output, `inputs` numbers: a row of an embedding.
  void read_output(std::size_t output, float* out) const;

  // y[r] = bias + x[r] . W for rows of `inputs` numbers, x_stride apart; y has `outputs` numbers a
  // row. bias may be empty. `scratch` is the caller's, for reuse. Panels below `first_panel` are
  // left out: their part of y stays as it is.
  void multiply(const host::Job& job, const float* x, std::size_t x_stride, std::size_t rows,
                std::span<const float> bias, float* y, std::vector<float>& scratch,
                std::size_t first_panel = 0) const;
  // The same by the kernels given, for tests.
  void multiply(const Kernels& with, const host::Job& job, const float* x, std::size_t x_stride,
                std::size_t rows, std::span<const float> bias, float* y,
                std::vector<float>& scratch, std::size_t first_panel = 0) const;

 private:
  [[nodiscard]] const float* panel_f32(std::size_t panel) const;
  [[nodiscard]] const std::uint16_t* panel_f16(std::size_t panel) const;
  void few_rows(const Kernels& with, const host::Job& job, const float* x, std::size_t x_stride,
                std::size_t rows, std::span<const float> bias, float* y,
                std::size_t first_panel) const;
  void many_rows(const Kernels& with, const host::Job& job, const float* x, std::size_t x_stride,
                 std::size_t rows, std::span<const float> bias, float* y,
                 std::vector<float>& scratch, std::size_t first_panel) const;

  std::size_t inputs_ = 0;
  std::size_t outputs_ = 0;
  Precision precision_ = Precision::f32;
  void* data_ = nullptr;
};

}  // namespace holo::lm
