// The kernels in AVX2: pairs of 16-bit numbers are multiplied and added into 32-bit sums.
#include "plugins/holo-image/fast/kernels.hpp"

#include <cstring>

#include "plugins/holo-image/avx2.hpp"
#include "plugins/holo-image/color.hpp"

#if defined(HOLO_AVX2)

namespace holo::image::fast {
namespace {

HOLO_AVX2 inline __m256i load(const void* at) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(at));
}
HOLO_AVX2 inline void store(void* at, __m256i value) {
  _mm256_storeu_si256(static_cast<__m256i*>(at), value);
}
HOLO_AVX2 inline __m256i clamp(__m256i value) {
  return _mm256_max_epi16(_mm256_min_epi16(value, _mm256_set1_epi16(kInternalMax)),
                          _mm256_set1_epi16(kInternalMin));
}
// Two neighbouring numbers, again and again.
HOLO_AVX2 inline __m256i broadcast_pair(const std::int16_t* at) {
  std::int32_t pair;
  std::memcpy(&pair, at, 4);
  return _mm256_set1_epi32(pair);
}

HOLO_AVX2 void predict(const BlockClass& c, const RingDifferences& differences, std::int16_t mean,
                       Block& out) {
  __m256i sum[8];
  for (auto& s : sum) s = _mm256_set1_epi32(1 << (kPredictorBits - 1));
  for (std::size_t j = 0; j < kRingPairs; ++j) {
    const __m256i pair = broadcast_pair(&differences[2 * j]);
    const auto* row = c.ring_pairs[j].data();
    for (std::size_t t = 0; t < 8; ++t)
      sum[t] = _mm256_add_epi32(sum[t], _mm256_madd_epi16(pair, load(row + 8 * t)));
  }
  const __m256i means = _mm256_set1_epi16(mean);
  for (std::size_t t = 0; t < 8; t += 2) {
    // Saturated sums are clamped to the same ends.
    const __m256i packed = _mm256_packs_epi32(_mm256_srai_epi32(sum[t], kPredictorBits),
                                              _mm256_srai_epi32(sum[t + 1], kPredictorBits));
    const __m256i ordered = _mm256_permute4x64_epi64(packed, 0xD8);
    store(&out[8 * t], clamp(_mm256_adds_epi16(ordered, means)));
  }
}

HOLO_AVX2 void regress(const Regression& line, Block& out) {
  const __m256i mean_from = _mm256_set1_epi16(line.mean_from);
  const __m256i mean_to = _mm256_set1_epi16(line.mean_to);
  const __m256i slope_and_half = _mm256_set1_epi32((512 << 16) | (line.slope & 0xFFFF));
  const __m256i one = _mm256_set1_epi16(1);
  for (std::size_t y = 0; y < kBlockSide; y += 2) {
    const std::int16_t* row = line.from + std::ptrdiff_t(y) * line.stride;
    const __m256i two = _mm256_inserti128_si256(
        _mm256_castsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(row))),
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(row + line.stride)), 1);
    const __m256i from = _mm256_sub_epi16(two, mean_from);
    const __m256i low = _mm256_madd_epi16(_mm256_unpacklo_epi16(from, one), slope_and_half);
    const __m256i high = _mm256_madd_epi16(_mm256_unpackhi_epi16(from, one), slope_and_half);
    const __m256i moved =
        _mm256_packs_epi32(_mm256_srai_epi32(low, 10), _mm256_srai_epi32(high, 10));
    store(&out[y * kBlockSide], clamp(_mm256_adds_epi16(moved, mean_to)));
  }
}

HOLO_AVX2 void forward(const BlockClass& c, const Block& residual, Coefficients& out) {
  __m256i sum[8];
  for (auto& s : sum) s = _mm256_set1_epi32(1 << (kBasisBits - 1));
  for (std::size_t j = 0; j < kBlockPixels / 2; ++j) {
    const __m256i pair = broadcast_pair(&residual[2 * j]);
    const auto* column = c.pixel_pairs[j].data();
    for (std::size_t t = 0; t < 8; ++t)
      sum[t] = _mm256_add_epi32(sum[t], _mm256_madd_epi16(pair, load(column + 8 * t)));
  }
  for (std::size_t t = 0; t < 8; ++t) store(&out[8 * t], _mm256_srai_epi32(sum[t], kBasisBits));
}

HOLO_AVX2 void inverse(const BlockClass& c, const SparseBlock& coefficients,
                       const Block& prediction, std::int16_t* out, std::ptrdiff_t stride) {
  constexpr int kShift = kBasisBits - kCoefficientShift;
  __m256i sum[8];
  for (auto& s : sum) s = _mm256_set1_epi32(1 << (kShift - 1));
  const auto count = std::size_t(coefficients.count);
  for (std::size_t n = 0; n < count; n += 2) {
    const bool both = n + 1 < count;
    const std::int16_t* first = c.basis[coefficients.position[n]].data();
    const std::int16_t* second = both ? c.basis[coefficients.position[n + 1]].data() : first;
    const std::int32_t second_value = both ? coefficients.value[n + 1] : 0;
    const __m256i pair = _mm256_set1_epi32(
        static_cast<std::int32_t>(static_cast<std::uint32_t>(second_value) << 16 |
                                  static_cast<std::uint16_t>(coefficients.value[n])));
    for (std::size_t t = 0; t < 4; ++t) {
      const __m256i a = load(first + 16 * t);
      const __m256i b = load(second + 16 * t);
      sum[2 * t] =
          _mm256_add_epi32(sum[2 * t], _mm256_madd_epi16(_mm256_unpacklo_epi16(a, b), pair));
      sum[2 * t + 1] =
          _mm256_add_epi32(sum[2 * t + 1], _mm256_madd_epi16(_mm256_unpackhi_epi16(a, b), pair));
    }
  }
  for (std::size_t t = 0; t < 4; ++t) {
    const __m256i packed = _mm256_packs_epi32(_mm256_srai_epi32(sum[2 * t], kShift),
                                              _mm256_srai_epi32(sum[2 * t + 1], kShift));
    const __m256i rows = clamp(_mm256_adds_epi16(packed, load(&prediction[16 * t])));
    std::int16_t* row = out + std::ptrdiff_t(2 * t) * stride;
    _mm_storeu_si128(reinterpret_cast<__m128i*>(row), _mm256_castsi256_si128(rows));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(row + stride), _mm256_extracti128_si256(rows, 1));
  }
}

HOLO_AVX2 std::int32_t guess_bits(const Coefficients& coefficients, std::int32_t step) {
  const __m256 inverse = _mm256_set1_ps(8.0f / static_cast<float>(step));
  const __m256 most = _mm256_set1_ps(4000.0f);
  const __m256i one = _mm256_set1_epi32(kGuessFloor);
  const __m256i zero = _mm256_set1_epi32(kGuessZero);
  __m256i sum = _mm256_setzero_si256();
  for (std::size_t k = 0; k < kBlockPixels; k += 8) {
    const __m256 magnitude = _mm256_cvtepi32_ps(_mm256_abs_epi32(load(&coefficients[k])));
    const __m256i whole =
        _mm256_cvttps_epi32(_mm256_min_ps(_mm256_mul_ps(magnitude, inverse), most));
    // Below 2^15, so the low halves of a pair multiply to the whole square.
    const __m256i square = _mm256_add_epi32(_mm256_madd_epi16(whole, whole), one);
    const __m256i bits = _mm256_srli_epi32(_mm256_castps_si256(_mm256_cvtepi32_ps(square)), 13);
    sum = _mm256_add_epi32(sum, _mm256_sub_epi32(bits, zero));
  }
  __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
  half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4E));
  half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xB1));
  return _mm_cvtsi128_si32(half) / 8 * kGuessWeight / 128;
}

}  // namespace

const Kernels* avx2_kernels() {
  static constexpr Kernels kAvx2 = {predict, regress, forward, inverse, guess_bits};
  return runs_avx2() ? &kAvx2 : nullptr;
}

}  // namespace holo::image::fast

#else

namespace holo::image::fast {
const Kernels* avx2_kernels() { return nullptr; }
}  // namespace holo::image::fast

#endif
