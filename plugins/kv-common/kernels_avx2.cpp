// Kernels for AVX2 with FMA and F16C.
#include <cstring>

#include "plugins/kv-common/kernels.hpp"

#ifdef __x86_64__
#include <immintrin.h>

#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#else
// Until the end of the file, since templates are instantiated there.
#pragma GCC target("avx2,fma,f16c")
#endif

namespace holo::kv {
namespace {

constexpr std::size_t kOctet = 8;
using Vector = float __attribute__((vector_size(32)));

inline Vector fma(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
inline Vector add(Vector a, Vector b) { return _mm256_add_ps(a, b); }
inline float sum(Vector v) {
  const __m128 half = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  const __m128 quarter = _mm_add_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_add_ss(quarter, _mm_movehdup_ps(quarter)));
}
inline Vector broadcast(float value) { return _mm256_set1_ps(value); }
inline __m128i load_bits(const void* p) { return _mm_loadu_si128(static_cast<const __m128i*>(p)); }
inline Vector load(const float* p) { return _mm256_loadu_ps(p); }
inline Vector load(const Half* p) { return _mm256_cvtph_ps(load_bits(p)); }
inline Vector load(const Bfloat* p) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(load_bits(p)), 16));
}
inline void store(float* p, Vector v) { _mm256_storeu_ps(p, v); }
template <int kBits>
inline Vector load_levels(const std::uint8_t* p) {
  if constexpr (kBits == 8) {
    const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
    return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes));
  } else {
    std::uint32_t word = 0;
    std::memcpy(&word, p, kBits);
    const __m256i shifts = _mm256_setr_epi32(0, kBits, 2 * kBits, 3 * kBits, 4 * kBits, 5 * kBits,
                                             6 * kBits, 7 * kBits);
    const __m256i shifted = _mm256_srlv_epi32(_mm256_set1_epi32(static_cast<int>(word)), shifts);
    return _mm256_cvtepi32_ps(_mm256_and_si256(shifted, _mm256_set1_epi32((1 << kBits) - 1)));
  }
}

#include "plugins/kv-common/kernels_body.hpp"

}  // namespace

const Kernels kAvx2Kernels = table_of("avx2");

}  // namespace holo::kv

#ifdef __clang__
#pragma clang attribute pop
#endif
#endif
