// The inner loops: one set for every processor, one for AVX2 with FMA, chosen at run time.
//
// Rows of `length` floats begin `step` floats after one another. The AVX2 set wants lengths that
// are multiples of kLane.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define HOLO_KV_AVX2 __attribute__((target("avx2,fma,f16c")))
#endif

namespace holo::kv_eigen {

inline constexpr std::size_t kLane = 8;      // components that share a width in bits
inline constexpr std::size_t kTileRows = 6;  // of a product, see multiply.hpp
inline constexpr std::size_t kTileColumns = 16;
inline constexpr std::size_t kUnpackSlack = 8;  // bytes that unpack may read past a row

struct Kernels {
  // c {6, 16} of row length ldc += a {depth, 6} transposed . b {depth, 16}, both packed.
  void (*tile)(std::size_t depth, const float* a, const float* b, float* c, std::size_t ldc);
  // Lanes of a packed row: lane i holds 8 numbers of bits[i] bits in bits[i] bytes, the first in
  // the lowest bits; 16 bits are float16. The numbers go to out as they are. Widths are 0..8, 16.
  void (*unpack)(const std::uint8_t* row, const std::uint8_t* bits, std::size_t lanes, float* out);
  // scores[h * ld + p] += queries[h * query_step ..] . rows[p * row_step ..]
  void (*score)(const float* queries, std::size_t query_step, std::size_t heads, const float* rows,
                std::size_t row_step, std::size_t positions, std::size_t length, float* scores,
                std::size_t ld);
  // sums[h * sum_step ..] += weights[h * ld + p] * rows[p * row_step ..]
  void (*mix)(const float* weights, std::size_t ld, std::size_t heads, const float* rows,
              std::size_t row_step, std::size_t positions, std::size_t length, float* sums,
              std::size_t sum_step);
};

const Kernels& portable_kernels();
const Kernels* avx2_kernels();  // NULL where the processor cannot run them
const Kernels& kernels();       // the fastest of this processor
// The fastest for rows of this length.
inline const Kernels& kernels_for(std::size_t length) {
  return length % kLane == 0 ? kernels() : portable_kernels();
}

}  // namespace holo::kv_eigen
