// Kernels for AVX2 with FMA and F16C.
#include "core/lm/kernels_sets.hpp"

#ifdef __x86_64__
#include <immintrin.h>

#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#else
// Until the end of the file, since templates are instantiated there.
#pragma GCC target("avx2,fma,f16c")
#endif

namespace holo::lm {
namespace {

constexpr std::size_t kLanes = 8;
constexpr std::size_t kTileRows = 6;  // with 2 vectors a row, within 16 registers
using Vector = float __attribute__((vector_size(32)));
using IntVector = std::int32_t __attribute__((vector_size(32)));

inline Vector fma(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
inline float sum(Vector v) {
  const __m128 half = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  const __m128 quarter = _mm_add_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_add_ss(quarter, _mm_movehdup_ps(quarter)));
}
inline Vector load_half(const std::uint16_t* p) {
  return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
inline void store_half(std::uint16_t* p, Vector v) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p),
                   _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}

}  // namespace

#include "core/lm/kernels_body.hpp"

const Kernels kAvx2Kernels = table_of("avx2");

}  // namespace holo::lm

#ifdef __clang__
#pragma clang attribute pop
#endif
#endif
