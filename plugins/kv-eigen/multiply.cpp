// Blocks of both operands are packed so that the tile kernel reads them in sequence.
#include "plugins/kv-eigen/multiply.hpp"

#include <algorithm>
#include <vector>

namespace holo::kv_eigen {
namespace {

constexpr std::size_t kDepth = 256;
constexpr std::size_t kBlockRows = 96;      // a block of a: 96 KiB
constexpr std::size_t kBlockColumns = 144;  // a block of b: 144 KiB

// {depth, lanes} in panels of `panel` lanes, zeros past the end.
void pack(const float* data, std::size_t lane_step, std::size_t depth_step, std::size_t lanes,
          std::size_t depth, std::size_t panel, float* out) {
  for (std::size_t first = 0; first < lanes; first += panel) {
    const std::size_t count = std::min(panel, lanes - first);
    for (std::size_t k = 0; k < depth; ++k) {
      const float* from = data + first * lane_step + k * depth_step;
      for (std::size_t i = 0; i < count; ++i) out[i] = from[i * lane_step];
      for (std::size_t i = count; i < panel; ++i) out[i] = 0;
      out += panel;
    }
  }
}

}  // namespace

Loop serial_loop() {
  return [](std::uint64_t count, const std::function<void(std::uint64_t)>& body) {
    for (std::uint64_t i = 0; i < count; ++i) body(i);
  };
}

void multiply(std::size_t rows, std::size_t columns, std::size_t depth, const MatrixRef& a,
              const MatrixRef& b, float* c, std::size_t ldc, const Loop& loop, bool lower_only,
              const Kernels& use) {
  const std::size_t bands = (columns + kBlockColumns - 1) / kBlockColumns;
  loop(bands, [&](std::uint64_t band) {
    const std::size_t first = static_cast<std::size_t>(band) * kBlockColumns;
    const std::size_t width = std::min(kBlockColumns, columns - first);
    std::vector<float> packed_b((width + kTileColumns - 1) / kTileColumns * kTileColumns * kDepth);
    std::vector<float> packed_a(kBlockRows * kDepth);
    for (std::size_t k = 0; k < depth; k += kDepth) {
      const std::size_t deep = std::min(kDepth, depth - k);
      pack(b.data + k * b.row_step + first * b.column_step, b.column_step, b.row_step, width, deep,
           kTileColumns, packed_b.data());
      for (std::size_t r = 0; r < rows; r += kBlockRows) {
        const std::size_t height = std::min(kBlockRows, rows - r);
        if (lower_only && r + height <= first) continue;
        pack(a.data + r * a.row_step + k * a.column_step, a.row_step, a.column_step, height, deep,
             kTileRows, packed_a.data());
        for (std::size_t j = 0; j < width; j += kTileColumns) {
          const float* right = packed_b.data() + j * deep;
          for (std::size_t i = 0; i < height; i += kTileRows) {
            const float* left = packed_a.data() + i * deep;
            float* to = c + (r + i) * ldc + first + j;
            if (i + kTileRows <= height && j + kTileColumns <= width) {
              use.tile(deep, left, right, to, ldc);
              continue;
            }
            float edge[kTileRows * kTileColumns] = {};
            use.tile(deep, left, right, edge, kTileColumns);
            for (std::size_t y = 0; y < std::min(kTileRows, height - i); ++y) {
              for (std::size_t x = 0; x < std::min(kTileColumns, width - j); ++x) {
                to[y * ldc + x] += edge[y * kTileColumns + x];
              }
            }
          }
        }
      }
    }
  });
}

}  // namespace holo::kv_eigen
