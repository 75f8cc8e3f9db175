// What the kernels compute, written for every processor.
#include <bit>

#include "core/spectral/half_float.hpp"
#include "plugins/kv-eigen/kernels.hpp"

namespace holo::kv_eigen {
namespace {

void tile(std::size_t depth, const float* a, const float* b, float* c, std::size_t ldc) {
  for (std::size_t i = 0; i < kTileRows; ++i) {
    float sums[kTileColumns] = {};
    for (std::size_t k = 0; k < depth; ++k) {
      const float left = a[k * kTileRows + i];
      for (std::size_t j = 0; j < kTileColumns; ++j) sums[j] += left * b[k * kTileColumns + j];
    }
    for (std::size_t j = 0; j < kTileColumns; ++j) c[i * ldc + j] += sums[j];
  }
}

void unpack(const std::uint8_t* row, const std::uint8_t* bits, std::size_t lanes, float* out) {
  for (std::size_t lane = 0; lane < lanes; ++lane, out += kLane) {
    const std::size_t width = bits[lane];
    if (width == 16) {
      for (std::size_t i = 0; i < kLane; ++i) {
        out[i] = spectral::half_to_float(
            static_cast<std::uint16_t>(row[2 * i] | (std::uint32_t{row[2 * i + 1]} << 8)));
      }
    } else {
      std::uint64_t word = 0;
      for (std::size_t i = 0; i < width; ++i) word |= std::uint64_t{row[i]} << (8 * i);
      for (std::size_t i = 0; i < kLane; ++i) {
        out[i] = static_cast<float>((word >> (i * width)) & ((1u << width) - 1u));
      }
    }
    row += width;
  }
}

void score(const float* queries, std::size_t query_step, std::size_t heads, const float* rows,
           std::size_t row_step, std::size_t positions, std::size_t length, float* scores,
           std::size_t ld) {
  for (std::size_t h = 0; h < heads; ++h) {
    const float* query = queries + h * query_step;
    for (std::size_t p = 0; p < positions; ++p) {
      const float* row = rows + p * row_step;
      float sum = 0;
      for (std::size_t i = 0; i < length; ++i) sum += query[i] * row[i];
      scores[h * ld + p] += sum;
    }
  }
}

void mix(const float* weights, std::size_t ld, std::size_t heads, const float* rows,
         std::size_t row_step, std::size_t positions, std::size_t length, float* sums,
         std::size_t sum_step) {
  for (std::size_t h = 0; h < heads; ++h) {
    float* sum = sums + h * sum_step;
    for (std::size_t p = 0; p < positions; ++p) {
      const float weight = weights[h * ld + p];
      const float* row = rows + p * row_step;
      for (std::size_t i = 0; i < length; ++i) sum[i] += weight * row[i];
    }
  }
}

}  // namespace

const Kernels& portable_kernels() {
  static constexpr Kernels kPortable{tile, unpack, score, mix};
  return kPortable;
}

const Kernels& kernels() {
  static const Kernels& fastest = avx2_kernels() != nullptr ? *avx2_kernels() : portable_kernels();
  return fastest;
}

}  // namespace holo::kv_eigen
