// Packing, and the two orders of a product: by memory for few rows, by cache for many.
#include "core/lm/packed_matrix.hpp"

#include <algorithm>
#include <array>

#include "core/lm/parallel.hpp"

namespace holo::lm {
namespace {

constexpr std::size_t kAlignment = 64;
// From this many rows on, the left side is worth packing.
constexpr std::size_t kManyRows = 16;
// A slab of the left side, kSlabRows x kSlabDepth, stays in the second-level cache while panels
// pass by; a panel's block of kSlabDepth stays in the first-level one.
constexpr std::size_t kSlabRows = 512;
constexpr std::size_t kSlabDepth = 256;

std::size_t element(Precision precision) {
  return precision == Precision::f16 ? sizeof(std::uint16_t) : sizeof(float);
}

// Where a panel's rows are written: into y, or, if the panel is cut, into a buffer first.
class PanelOut {
 public:
  PanelOut(std::size_t outputs, std::size_t panel, std::span<const float> bias, float* y)
      : stride_(outputs), width_(std::min(kPanel, outputs - panel * kPanel)) {
    y_ = y + panel * kPanel;
    if (bias.empty()) return;
    if (cut()) {
      std::copy_n(bias.data() + panel * kPanel, width_, bias_.begin());
      start_.values = bias_.data();
    } else {
      start_.values = bias.data() + panel * kPanel;
    }
  }
  PanelOut(const PanelOut&) = delete;
  PanelOut& operator=(const PanelOut&) = delete;

  // Calls product(start, out, stride) for rows first..first + count, count <= kManyRows if the
  // panel is cut. `first_block`: nothing was summed into these rows yet.
  template <class Product>
  void rows(std::size_t first, std::size_t count, bool first_block, Product&& product) {
    float* to = y_ + first * stride_;
    if (!cut()) {
      product(first_block ? start_ : Start{to, stride_}, to, stride_);
      return;
    }
    float* buffer = buffer_.data();
    if (!first_block) {
      for (std::size_t r = 0; r < count; ++r) {
        std::copy_n(to + r * stride_, width_, buffer + r * kPanel);
      }
    }
    product(first_block ? start_ : Start{buffer, kPanel}, buffer, kPanel);
    for (std::size_t r = 0; r < count; ++r) {
      std::copy_n(buffer + r * kPanel, width_, to + r * stride_);
    }
  }

 private:
  [[nodiscard]] bool cut() const { return width_ < kPanel; }
  std::size_t stride_;
  std::size_t width_;
  float* y_;
  Start start_;
  std::array<float, kPanel> bias_{};
  std::array<float, kPanel * kManyRows> buffer_{};
};

}  // namespace

PackedMatrix::PackedMatrix(WeightArena& arena, std::size_t inputs, std::size_t outputs,
                           Precision precision)
    : inputs_(inputs), outputs_(outputs), precision_(precision) {
  data_ = arena.allocate(static_cast<std::size_t>(bytes()));
}

std::uint64_t PackedMatrix::bytes() const {
  return std::uint64_t{panels()} * kPanel * inputs_ * element(precision_);
}

const float* PackedMatrix::panel_f32(std::size_t panel) const {
  return static_cast<const float*>(data_) + panel * inputs_ * kPanel;
}
const std::uint16_t* PackedMatrix::panel_f16(std::size_t panel) const {
  return static_cast<const std::uint16_t*>(data_) + panel * inputs_ * kPanel;
}

void PackedMatrix::fill(std::size_t first, std::size_t count, std::span<const float> weights,
                        MatrixLayout layout, const host::Job& job, std::size_t step) {
  const std::size_t pieces = (count + kPanel - 1) / kPanel;
  parallel_ranges(job, pieces, 4, [&](std::size_t begin, std::size_t end, std::uint32_t) {
    for (std::size_t piece = begin; piece < end; ++piece) {
      const std::size_t from = piece * kPanel;
      const std::size_t width = std::min(kPanel, count - from);
      const std::size_t to = first + from + (step - 1) * kPanel * piece;
      for (std::size_t k = 0; k < inputs_; ++k) {
        std::array<float, kPanel> row{};
        for (std::size_t i = 0; i < width; ++i) {
          row[i] = layout == MatrixLayout::in_out ? weights[k * count + from + i]
                                                  : weights[(from + i) * inputs_ + k];
        }
        // A matrix may begin inside a panel: its pieces then cross panels.
        for (std::size_t i = 0; i < width;) {
          const std::size_t lane = (to + i) % kPanel;
          const std::size_t run = std::min(kPanel - lane, width - i);
          const std::size_t at = ((to + i) / kPanel * inputs_ + k) * kPanel + lane;
          if (precision_ == Precision::f16) {
            kernels().narrow(row.data() + i, run, static_cast<std::uint16_t*>(data_) + at);
          } else {
            std::copy_n(row.data() + i, run, static_cast<float*>(data_) + at);
          }
          i += run;
        }
      }
    }
  });
}

void PackedMatrix::read_output(std::size_t output, float* out) const {
  const std::size_t at = output / kPanel * inputs_ * kPanel + output % kPanel;
  for (std::size_t k = 0; k < inputs_; ++k) {
    if (precision_ == Precision::f16) {
      kernels().widen(static_cast<const std::uint16_t*>(data_) + at + k * kPanel, 1, out + k);
    } else {
      out[k] = static_cast<const float*>(data_)[at + k * kPanel];
    }
  }
}

void PackedMatrix::multiply(const host::Job& job, const float* x, std::size_t x_stride,
                            std::size_t rows, std::span<const float> bias, float* y,
                            std::vector<float>& scratch, std::size_t first_panel) const {
  multiply(kernels(), job, x, x_stride, rows, bias, y, scratch, first_panel);
}

void PackedMatrix::multiply(const Kernels& with, const host::Job& job, const float* x,
                            std::size_t x_stride, std::size_t rows, std::span<const float> bias,
                            float* y, std::vector<float>& scratch, std::size_t first_panel) const {
  if (rows == 0) return;
  if (rows < kManyRows) {
    few_rows(with, job, x, x_stride, rows, bias, y, first_panel);
  } else {
    many_rows(with, job, x, x_stride, rows, bias, y, scratch, first_panel);
  }
}

void PackedMatrix::few_rows(const Kernels& with, const host::Job& job, const float* x,
                            std::size_t x_stride, std::size_t rows, std::span<const float> bias,
                            float* y, std::size_t first_panel) const {
  // Pieces long enough for the memory to stream, short enough to share out evenly.
  const std::size_t grain = std::max<std::size_t>(1, 65536 / (inputs_ * kPanel * sizeof(float)));
  const std::size_t count = panels() - first_panel;
  parallel_ranges(job, count, grain, [&](std::size_t begin, std::size_t end, std::uint32_t) {
    for (std::size_t panel = first_panel + begin; panel < first_panel + end; ++panel) {
      PanelOut out(outputs_, panel, bias, y);
      out.rows(0, rows, true, [&](Start start, float* to, std::size_t stride) {
        if (precision_ == Precision::f16) {
          with.product_f16(panel_f16(panel), inputs_, x, x_stride, rows, start, to, stride);
        } else {
          with.product_f32(panel_f32(panel), inputs_, x, x_stride, rows, start, to, stride);
        }
      });
    }
  });
}

void PackedMatrix::many_rows(const Kernels& with, const host::Job& job, const float* x,
                             std::size_t x_stride, std::size_t rows, std::span<const float> bias,
                             float* y, std::vector<float>& scratch, std::size_t first_panel) const {
  const std::size_t height = with.tile_rows;
  const std::size_t tiles = (rows + height - 1) / height;
  // [depth block][tile][depth][height]: what one slab needs lies together.
  scratch.resize(tiles * height * inputs_);
  const auto tile_at = [&](std::size_t tile, std::size_t k, std::size_t depth) {
    return scratch.data() + k * tiles * height + tile * height * depth;
  };
  parallel_ranges(job, tiles, 4, [&](std::size_t begin, std::size_t end, std::uint32_t) {
    for (std::size_t tile = begin; tile < end; ++tile) {
      for (std::size_t k0 = 0; k0 < inputs_; k0 += kSlabDepth) {
        const std::size_t depth = std::min(kSlabDepth, inputs_ - k0);
        float* to = tile_at(tile, k0, depth);
        for (std::size_t r = 0; r < height; ++r) {
          const std::size_t row = std::min(tile * height + r, rows - 1);
          const float* from = x + row * x_stride + k0;
          for (std::size_t k = 0; k < depth; ++k) to[k * height + r] = from[k];
        }
      }
    }
  });
  const std::size_t slab_tiles = kSlabRows / height;
  const std::size_t all = panels() - first_panel;
  parallel_ranges(job, all, 4, [&](std::size_t begin, std::size_t end, std::uint32_t) {
    alignas(kAlignment) float wide[kSlabDepth * kPanel];
    for (std::size_t t0 = 0; t0 < tiles; t0 += slab_tiles) {
      const std::size_t t1 = std::min(tiles, t0 + slab_tiles);
      for (std::size_t k0 = 0; k0 < inputs_; k0 += kSlabDepth) {
        const std::size_t depth = std::min(kSlabDepth, inputs_ - k0);
        for (std::size_t panel = first_panel + begin; panel < first_panel + end; ++panel) {
          const float* weights = wide;
          if (precision_ == Precision::f16) {
            with.widen(panel_f16(panel) + k0 * kPanel, depth * kPanel, wide);
          } else {
            weights = panel_f32(panel) + k0 * kPanel;
          }
          PanelOut out(outputs_, panel, bias, y);
          for (std::size_t tile = t0; tile < t1; ++tile) {
            const std::size_t first = tile * height;
            const std::size_t count = std::min(height, rows - first);
            out.rows(first, count, k0 == 0, [&](Start start, float* to, std::size_t stride) {
              with.tile(weights, depth, tile_at(tile, k0, depth), count, start, to, stride);
            });
          }
        }
      }
    }
  });
}

}  // namespace holo::lm
