// AVX2 where the processor has it, chosen once; plain loops elsewhere.
#include "plugins/holo-image/deep/matrix.hpp"

#include <algorithm>
#include <cstring>

#include "plugins/holo-image/avx2.hpp"

namespace holo::image::deep {
namespace {

using Kernel = decltype(&multiply_portable);

#if defined(HOLO_AVX2)
HOLO_AVX2 void multiply_avx2(const std::int16_t* matrix, int rows, int columns,
                             const std::int16_t* vector, std::int32_t rounding,
                             std::int32_t* sums) {
  // Four registers of sums at a time stay in place while all rows pass.
  for (int from = 0; from < columns; from += 32) {
    const bool wide = columns - from >= 32;
    __m256i a = _mm256_set1_epi32(rounding), b = a, c = a, d = a;
    const std::int16_t* row = matrix + std::ptrdiff_t{from} * 2;
    for (int r = 0; r < rows; r += 2, row += std::ptrdiff_t{columns} * 2) {
      std::int32_t pair;
      std::memcpy(&pair, vector + r, sizeof pair);
      if (pair == 0) continue;
      const __m256i factors = _mm256_set1_epi32(pair);
      const auto* at = reinterpret_cast<const __m256i*>(row);
      a = _mm256_add_epi32(a, _mm256_madd_epi16(_mm256_loadu_si256(at), factors));
      b = _mm256_add_epi32(b, _mm256_madd_epi16(_mm256_loadu_si256(at + 1), factors));
      if (!wide) continue;
      c = _mm256_add_epi32(c, _mm256_madd_epi16(_mm256_loadu_si256(at + 2), factors));
      d = _mm256_add_epi32(d, _mm256_madd_epi16(_mm256_loadu_si256(at + 3), factors));
    }
    auto* out = reinterpret_cast<__m256i*>(sums + from);
    _mm256_store_si256(out, a);
    _mm256_store_si256(out + 1, b);
    if (!wide) continue;
    _mm256_store_si256(out + 2, c);
    _mm256_store_si256(out + 3, d);
  }
}
#endif

Kernel choose() {
#if defined(HOLO_AVX2)
  if (runs_avx2()) return multiply_avx2;
#endif
  return multiply_portable;
}

}  // namespace

void multiply_portable(const std::int16_t* matrix, int rows, int columns,
                       const std::int16_t* vector, std::int32_t rounding, std::int32_t* sums) {
  std::fill_n(sums, columns, rounding);
  for (int r = 0; r < rows; r += 2, matrix += std::ptrdiff_t{columns} * 2) {
    const std::int32_t first = vector[r], second = vector[r + 1];
    if (first == 0 && second == 0) continue;
    for (int c = 0; c < columns; ++c)
      sums[c] = static_cast<std::int32_t>(
          static_cast<std::uint32_t>(sums[c]) +
          static_cast<std::uint32_t>(matrix[2 * c] * first + matrix[2 * c + 1] * second));
  }
}

void multiply(const std::int16_t* matrix, int rows, int columns, const std::int16_t* vector,
              std::int32_t rounding, std::int32_t* sums) {
  static const Kernel kernel = choose();
  kernel(matrix, rows, columns, vector, rounding, sums);
}

}  // namespace holo::image::deep
