// Weights above 32767 are taken less 65536 and the sample itself is added: 16-bit multipliers then
// do, and the result is the same.
#include "plugins/holo-image/color_rows.hpp"

#include "plugins/holo-image/avx2.hpp"
#include "plugins/holo-image/color.hpp"

namespace holo::image {
namespace {

void portable_to_ycbcr(const RgbRow& from, std::size_t count, std::int16_t* y, std::int16_t* cb,
                       std::int16_t* cr) {
  for (std::size_t i = 0; i < count; ++i) {
    const YCbCr sample = to_ycbcr({from.r[i], from.g[i], from.b[i]}, 8);
    y[i] = sample.y;
    cb[i] = sample.cb;
    cr[i] = sample.cr;
  }
}

void portable_to_rgb(const YCbCrRow& from, std::size_t count, std::uint8_t* r, std::uint8_t* g,
                     std::uint8_t* b) {
  for (std::size_t i = 0; i < count; ++i) {
    const Rgb rgb = to_rgb({from.y[i], from.cb[i], from.cr[i]}, 8);
    r[i] = static_cast<std::uint8_t>(rgb.r);
    g[i] = static_cast<std::uint8_t>(rgb.g);
    b[i] = static_cast<std::uint8_t>(rgb.b);
  }
}

#if defined(HOLO_AVX2)

HOLO_AVX2 inline __m256i load(const std::int16_t* at) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
}
HOLO_AVX2 inline void store(std::int16_t* at, __m256i value) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(at), value);
}
// 16 samples on the internal scale.
HOLO_AVX2 inline __m256i widened(const std::uint8_t* at) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  return _mm256_slli_epi16(_mm256_cvtepu8_epi16(bytes), kInternalBits - 8);
}
HOLO_AVX2 inline void store_bytes(std::uint8_t* at, __m256i samples) {
  const __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi16(samples, samples), 0xD8);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(at), _mm256_castsi256_si128(packed));
}
HOLO_AVX2 inline __m256i weights(std::int16_t first, std::int16_t second) {
  return _mm256_set1_epi32(static_cast<std::int32_t>(static_cast<std::uint32_t>(second) << 16 |
                                                     static_cast<std::uint16_t>(first)));
}
// (a * weight + b * weight + 32768) >> 16.
HOLO_AVX2 inline __m256i weigh(__m256i a, __m256i b, __m256i pair) {
  const __m256i half = _mm256_set1_epi32(32768);
  const __m256i low = _mm256_madd_epi16(_mm256_unpacklo_epi16(a, b), pair);
  const __m256i high = _mm256_madd_epi16(_mm256_unpackhi_epi16(a, b), pair);
  return _mm256_packs_epi32(_mm256_srai_epi32(_mm256_add_epi32(low, half), 16),
                            _mm256_srai_epi32(_mm256_add_epi32(high, half), 16));
}
HOLO_AVX2 inline __m256i clamp(__m256i value) {
  return _mm256_max_epi16(_mm256_min_epi16(value, _mm256_set1_epi16(kInternalMax)),
                          _mm256_set1_epi16(kInternalMin));
}

HOLO_AVX2 void avx2_to_ycbcr(const RgbRow& from, std::size_t count, std::int16_t* y,
                             std::int16_t* cb, std::int16_t* cr) {
  const __m256i zero = _mm256_setzero_si256();
  const __m256i half = _mm256_set1_epi32(32768);
  const __m256i weights_rg = weights(19595, 38470 - 65536);
  const __m256i weights_b = weights(7471, 0);
  const __m256i weights_cb = weights(36984 - 65536, 0);
  const __m256i weights_cr = weights(46727 - 65536, 0);
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const __m256i r = widened(from.r + i);
    const __m256i g = widened(from.g + i);
    const __m256i b = widened(from.b + i);
    const __m256i low = _mm256_add_epi32(
        _mm256_madd_epi16(_mm256_unpacklo_epi16(r, g), weights_rg),
        _mm256_add_epi32(_mm256_madd_epi16(_mm256_unpacklo_epi16(b, zero), weights_b), half));
    const __m256i high = _mm256_add_epi32(
        _mm256_madd_epi16(_mm256_unpackhi_epi16(r, g), weights_rg),
        _mm256_add_epi32(_mm256_madd_epi16(_mm256_unpackhi_epi16(b, zero), weights_b), half));
    const __m256i luma = _mm256_add_epi16(
        g, _mm256_packs_epi32(_mm256_srai_epi32(low, 16), _mm256_srai_epi32(high, 16)));
    const __m256i blue = _mm256_sub_epi16(b, luma);
    const __m256i red = _mm256_sub_epi16(r, luma);
    store(y + i, clamp(_mm256_add_epi16(luma, _mm256_set1_epi16(kInternalMin))));
    store(cb + i, clamp(_mm256_add_epi16(blue, weigh(blue, zero, weights_cb))));
    store(cr + i, clamp(_mm256_add_epi16(red, weigh(red, zero, weights_cr))));
  }
  portable_to_ycbcr({from.r + i, from.g + i, from.b + i}, count - i, y + i, cb + i, cr + i);
}

HOLO_AVX2 void avx2_to_rgb(const YCbCrRow& from, std::size_t count, std::uint8_t* r,
                           std::uint8_t* g, std::uint8_t* b) {
  constexpr int kShift = kInternalBits - 8;
  const __m256i zero = _mm256_setzero_si256();
  // Rounding of the last shift is added here, once for all three.
  const __m256i lift = _mm256_set1_epi16(-kInternalMin + (1 << (kShift - 1)));
  const __m256i weights_r = weights(91881 - 65536, 0);
  const __m256i weights_g = weights(22554, 46802 - 65536);
  const __m256i weights_b = weights(116130 - 131072, 0);
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const __m256i luma = _mm256_add_epi16(load(from.y + i), lift);
    const __m256i cb = load(from.cb + i);
    const __m256i cr = load(from.cr + i);
    const __m256i red = _mm256_add_epi16(cr, weigh(cr, zero, weights_r));
    const __m256i green = _mm256_add_epi16(cr, weigh(cb, cr, weights_g));
    const __m256i blue = _mm256_add_epi16(_mm256_add_epi16(cb, cb), weigh(cb, zero, weights_b));
    store_bytes(r + i, _mm256_srai_epi16(_mm256_add_epi16(luma, red), kShift));
    store_bytes(g + i, _mm256_srai_epi16(_mm256_sub_epi16(luma, green), kShift));
    store_bytes(b + i, _mm256_srai_epi16(_mm256_add_epi16(luma, blue), kShift));
  }
  portable_to_rgb({from.y + i, from.cb + i, from.cr + i}, count - i, r + i, g + i, b + i);
}

#endif

}  // namespace

const ColorRows& portable_color_rows() {
  static constexpr ColorRows kPortable = {portable_to_ycbcr, portable_to_rgb};
  return kPortable;
}

const ColorRows* avx2_color_rows() {
#if defined(HOLO_AVX2)
  static constexpr ColorRows kAvx2 = {avx2_to_ycbcr, avx2_to_rgb};
  return runs_avx2() ? &kAvx2 : nullptr;
#else
  return nullptr;
#endif
}

const ColorRows& color_rows() {
  static const ColorRows& fastest =
      avx2_color_rows() != nullptr ? *avx2_color_rows() : portable_color_rows();
  return fastest;
}

}  // namespace holo::image
