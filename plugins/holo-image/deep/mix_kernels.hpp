// The two loops of mixing over one set of weights. Every machine gives the same results.
#pragma once

#include <algorithm>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace holo::image::deep {

inline constexpr int kLanes = 16;       // inputs, a constant, and room
inline constexpr int kWeightBits = 13;  // weights are in 1/8192

// Sum of weights times logits, on the scale of a logit. |logit| <= 2047; `logits` is aligned to
// 16 bytes.
[[nodiscard]] inline std::int32_t mix_portable(const std::int16_t* weights,
                                               const std::int16_t* logits) {
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < kLanes; ++i) sum += std::int32_t{weights[i]} * logits[i];
  return sum >> kWeightBits;
}

// Moves the weights against an error of -4096..4096 (1/4096 of a probability).
inline void teach_portable(std::int16_t* weights, const std::int16_t* logits, std::int16_t error) {
  for (std::size_t i = 0; i < kLanes; ++i) {
    const std::int32_t step = (std::int32_t{logits[i]} * error + (1 << 14)) >> 15;
    weights[i] = static_cast<std::int16_t>(std::clamp(weights[i] + step, -32768, 32767));
  }
}

#if defined(__SSE2__)
[[nodiscard]] inline std::int32_t mix(const std::int16_t* weights, const std::int16_t* logits) {
  const auto* w = reinterpret_cast<const __m128i*>(weights);
  const auto* l = reinterpret_cast<const __m128i*>(logits);
  __m128i sum = _mm_add_epi32(_mm_madd_epi16(_mm_loadu_si128(w), _mm_load_si128(l)),
                              _mm_madd_epi16(_mm_loadu_si128(w + 1), _mm_load_si128(l + 1)));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4E));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xB1));
  return _mm_cvtsi128_si32(sum) >> kWeightBits;
}

inline void teach(std::int16_t* weights, const std::int16_t* logits, std::int16_t error) {
  auto* w = reinterpret_cast<__m128i*>(weights);
  const auto* l = reinterpret_cast<const __m128i*>(logits);
  const __m128i e = _mm_set1_epi16(error);
  const __m128i one = _mm_set1_epi16(1);
  for (int i = 0; i < 2; ++i) {
    // (logit * error + 2^14) >> 15, from the two halves of the product.
    const __m128i high = _mm_mulhi_epi16(_mm_load_si128(l + i), e);
    const __m128i low = _mm_mullo_epi16(_mm_load_si128(l + i), e);
    const __m128i twice = _mm_add_epi16(_mm_slli_epi16(high, 1), _mm_srli_epi16(low, 15));
    const __m128i half = _mm_and_si128(_mm_srli_epi16(low, 14), one);
    _mm_storeu_si128(w + i, _mm_adds_epi16(_mm_loadu_si128(w + i), _mm_add_epi16(twice, half)));
  }
}
#else
[[nodiscard]] inline std::int32_t mix(const std::int16_t* weights, const std::int16_t* logits) {
  return mix_portable(weights, logits);
}
inline void teach(std::int16_t* weights, const std::int16_t* logits, std::int16_t error) {
  teach_portable(weights, logits, error);
}
#endif

}  // namespace holo::image::deep
