// Where the compiler can build functions for AVX2 beside those for every processor, HOLO_AVX2 marks
// them; who calls one has asked runs_avx2(). Elsewhere the macro is not defined.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define HOLO_AVX2 __attribute__((target("avx2")))
#endif

namespace holo::image {

[[nodiscard]] inline bool runs_avx2() {
#if defined(HOLO_AVX2)
  static const bool runs = __builtin_cpu_supports("avx2") != 0;
  return runs;
#else
  return false;
#endif
}

}  // namespace holo::image
