// The kernels for AVX2 with FMA: 12 sums stay in registers while a row of operands passes by.
#include <cstring>

#include "plugins/kv-eigen/kernels.hpp"

namespace holo::kv_eigen {

#if defined(HOLO_KV_AVX2)
namespace {

HOLO_KV_AVX2 void tile(std::size_t depth, const float* a, const float* b, float* c,
                       std::size_t ldc) {
  __m256 sums[kTileRows][2];
  for (auto& row : sums) row[0] = row[1] = _mm256_setzero_ps();
  for (std::size_t k = 0; k < depth; ++k, a += kTileRows, b += kTileColumns) {
    const __m256 low = _mm256_loadu_ps(b);
    const __m256 high = _mm256_loadu_ps(b + 8);
    for (std::size_t i = 0; i < kTileRows; ++i) {
      const __m256 left = _mm256_broadcast_ss(a + i);
      sums[i][0] = _mm256_fmadd_ps(left, low, sums[i][0]);
      sums[i][1] = _mm256_fmadd_ps(left, high, sums[i][1]);
    }
  }
  for (std::size_t i = 0; i < kTileRows; ++i) {
    float* row = c + i * ldc;
    _mm256_storeu_ps(row, _mm256_add_ps(_mm256_loadu_ps(row), sums[i][0]));
    _mm256_storeu_ps(row + 8, _mm256_add_ps(_mm256_loadu_ps(row + 8), sums[i][1]));
  }
}

HOLO_KV_AVX2 void unpack(const std::uint8_t* row, const std::uint8_t* bits, std::size_t lanes,
                         float* out) {
  for (std::size_t lane = 0; lane < lanes; ++lane, out += kLane) {
    const int width = bits[lane];
    if (width == 16) {
      const __m128i halves = _mm_loadu_si128(reinterpret_cast<const __m128i*>(row));
      _mm256_storeu_ps(out, _mm256_cvtph_ps(halves));
    } else if (width <= 4) {
      std::uint32_t word;
      std::memcpy(&word, row, sizeof word);
      const __m256i shifts =
          _mm256_mullo_epi32(_mm256_set1_epi32(width), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
      const __m256i numbers =
          _mm256_and_si256(_mm256_srlv_epi32(_mm256_set1_epi32(static_cast<int>(word)), shifts),
                           _mm256_set1_epi32((1 << width) - 1));
      _mm256_storeu_ps(out, _mm256_cvtepi32_ps(numbers));
    } else {
      // Two numbers a 64-bit lane: the lower moves to the low half, the upper to the high half.
      std::uint64_t word;
      std::memcpy(&word, row, sizeof word);
      const __m256i words = _mm256_set1_epi64x(static_cast<long long>(word));
      const long long w = width;
      const __m256i even = _mm256_srlv_epi64(words, _mm256_setr_epi64x(0, 2 * w, 4 * w, 6 * w));
      const __m256i odd = _mm256_srlv_epi64(words, _mm256_setr_epi64x(w, 3 * w, 5 * w, 7 * w));
      const __m256i both = _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xAA);
      const __m256i numbers = _mm256_and_si256(both, _mm256_set1_epi32((1 << width) - 1));
      _mm256_storeu_ps(out, _mm256_cvtepi32_ps(numbers));
    }
    row += width;
  }
}

HOLO_KV_AVX2 inline float total(__m256 v) {
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

// The totals of four vectors.
HOLO_KV_AVX2 inline __m128 totals(__m256 a, __m256 b, __m256 c, __m256 d) {
  const __m256 pairs = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));
  return _mm_add_ps(_mm256_castps256_ps128(pairs), _mm256_extractf128_ps(pairs, 1));
}

template <std::size_t kHeads>
HOLO_KV_AVX2 inline void score_heads(const float* queries, std::size_t query_step,
                                     const float* rows, std::size_t row_step, std::size_t positions,
                                     std::size_t length, float* scores, std::size_t ld) {
  std::size_t p = 0;
  for (; p + 4 <= positions; p += 4) {
    __m256 sums[kHeads][4];
    for (auto& head : sums) {
      for (auto& sum : head) sum = _mm256_setzero_ps();
    }
    const float* row = rows + p * row_step;
    for (std::size_t i = 0; i < length; i += 8) {
      const __m256 r0 = _mm256_loadu_ps(row + i);
      const __m256 r1 = _mm256_loadu_ps(row + row_step + i);
      const __m256 r2 = _mm256_loadu_ps(row + 2 * row_step + i);
      const __m256 r3 = _mm256_loadu_ps(row + 3 * row_step + i);
      for (std::size_t h = 0; h < kHeads; ++h) {
        const __m256 q = _mm256_loadu_ps(queries + h * query_step + i);
        sums[h][0] = _mm256_fmadd_ps(q, r0, sums[h][0]);
        sums[h][1] = _mm256_fmadd_ps(q, r1, sums[h][1]);
        sums[h][2] = _mm256_fmadd_ps(q, r2, sums[h][2]);
        sums[h][3] = _mm256_fmadd_ps(q, r3, sums[h][3]);
      }
    }
    for (std::size_t h = 0; h < kHeads; ++h) {
      float* out = scores + h * ld + p;
      _mm_storeu_ps(out, _mm_add_ps(_mm_loadu_ps(out),
                                    totals(sums[h][0], sums[h][1], sums[h][2], sums[h][3])));
    }
  }
  for (; p < positions; ++p) {
    for (std::size_t h = 0; h < kHeads; ++h) {
      __m256 sum = _mm256_setzero_ps();
      for (std::size_t i = 0; i < length; i += 8) {
        sum = _mm256_fmadd_ps(_mm256_loadu_ps(queries + h * query_step + i),
                              _mm256_loadu_ps(rows + p * row_step + i), sum);
      }
      scores[h * ld + p] += total(sum);
    }
  }
}

HOLO_KV_AVX2 void score(const float* queries, std::size_t query_step, std::size_t heads,
                        const float* rows, std::size_t row_step, std::size_t positions,
                        std::size_t length, float* scores, std::size_t ld) {
  std::size_t h = 0;
  for (; h + 3 <= heads; h += 3) {
    score_heads<3>(queries + h * query_step, query_step, rows, row_step, positions, length,
                   scores + h * ld, ld);
  }
  if (heads - h == 2) {
    score_heads<2>(queries + h * query_step, query_step, rows, row_step, positions, length,
                   scores + h * ld, ld);
  }
  if (heads - h == 1) {
    score_heads<1>(queries + h * query_step, query_step, rows, row_step, positions, length,
                   scores + h * ld, ld);
  }
}

// out[h * sum_step ..] of kVectors * 8 columns.
template <std::size_t kHeads, std::size_t kVectors>
HOLO_KV_AVX2 inline void mix_tile(const float* weights, std::size_t ld, const float* rows,
                                  std::size_t row_step, std::size_t positions, float* out,
                                  std::size_t sum_step) {
  __m256 sums[kHeads][kVectors];
  for (std::size_t h = 0; h < kHeads; ++h) {
    for (std::size_t v = 0; v < kVectors; ++v) {
      sums[h][v] = _mm256_loadu_ps(out + h * sum_step + 8 * v);
    }
  }
  for (std::size_t p = 0; p < positions; ++p) {
    __m256 row[kVectors];
    for (std::size_t v = 0; v < kVectors; ++v)
      row[v] = _mm256_loadu_ps(rows + p * row_step + 8 * v);
    for (std::size_t h = 0; h < kHeads; ++h) {
      const __m256 weight = _mm256_broadcast_ss(weights + h * ld + p);
      for (std::size_t v = 0; v < kVectors; ++v) {
        sums[h][v] = _mm256_fmadd_ps(weight, row[v], sums[h][v]);
      }
    }
  }
  for (std::size_t h = 0; h < kHeads; ++h) {
    for (std::size_t v = 0; v < kVectors; ++v) {
      _mm256_storeu_ps(out + h * sum_step + 8 * v, sums[h][v]);
    }
  }
}

template <std::size_t kHeads>
HOLO_KV_AVX2 inline void mix_heads(const float* weights, std::size_t ld, const float* rows,
                                   std::size_t row_step, std::size_t positions, std::size_t length,
                                   float* sums, std::size_t sum_step) {
  std::size_t i = 0;
  for (; i + 16 <= length; i += 16) {
    mix_tile<kHeads, 2>(weights, ld, rows + i, row_step, positions, sums + i, sum_step);
  }
  if (i < length) {
    mix_tile<kHeads, 1>(weights, ld, rows + i, row_step, positions, sums + i, sum_step);
  }
}

HOLO_KV_AVX2 void mix(const float* weights, std::size_t ld, std::size_t heads, const float* rows,
                      std::size_t row_step, std::size_t positions, std::size_t length, float* sums,
                      std::size_t sum_step) {
  std::size_t h = 0;
  for (; h + 6 <= heads; h += 6) {
    mix_heads<6>(weights + h * ld, ld, rows, row_step, positions, length, sums + h * sum_step,
                 sum_step);
  }
  for (; h + 2 <= heads; h += 2) {
    mix_heads<2>(weights + h * ld, ld, rows, row_step, positions, length, sums + h * sum_step,
                 sum_step);
  }
  if (h < heads) {
    mix_heads<1>(weights + h * ld, ld, rows, row_step, positions, length, sums + h * sum_step,
                 sum_step);
  }
}

}  // namespace

const Kernels* avx2_kernels() {
  static constexpr Kernels kAvx2{tile, unpack, score, mix};
  static const bool runs = __builtin_cpu_supports("avx2") != 0 &&
                           __builtin_cpu_supports("fma") != 0 &&
                           __builtin_cpu_supports("f16c") != 0;
  return runs ? &kAvx2 : nullptr;
}

#else

const Kernels* avx2_kernels() { return nullptr; }

#endif

}  // namespace holo::kv_eigen
