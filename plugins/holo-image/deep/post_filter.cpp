// Eight samples at a time, two rows of a unit; other machines sample by sample, with equal results.
#include "plugins/holo-image/deep/post_filter.hpp"

#include <algorithm>

#include "plugins/holo-image/color.hpp"
#include "plugins/holo-image/deep/fixed_log.hpp"
#include "plugins/holo-image/deep/gradients.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace holo::image::deep {
namespace {

constexpr int kTapBits = 10;

std::array<Offset, kPairs> make_offsets() {
  std::array<Offset, kPairs> offsets{};
  std::size_t count = 0;
  for (int y = 0; y <= kFilterReach; ++y)
    for (int x = -kFilterReach; x <= kFilterReach; ++x)
      if ((y > 0 || x > 0) && x * x + y * y <= 12) offsets[count++] = {x, y};
  return offsets;
}

// Gradients of the 8x8 samples around a unit, on the scale of twice a difference.
GradientSums sums_around(const PaddedPlane& luma, int x0, int y0) {
  GradientSums sums;
  for (int y = std::max(0, y0 - 2); y < std::min(luma.height, y0 + 6); ++y) {
    const std::int16_t* above = luma.at(0, y - 1);
    const std::int16_t* row = luma.at(0, y);
    const std::int16_t* below = luma.at(0, y + 1);
    for (int x = std::max(0, x0 - 2); x < std::min(luma.width, x0 + 6); ++x)
      sums.add(row[x + 1] - row[x - 1], below[x] - above[x]);
  }
  return sums;
}

#if defined(__SSE2__)
__m128i load_two_rows(const std::int16_t* p, std::ptrdiff_t stride) {
  return _mm_unpacklo_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)),
                            _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p + stride)));
}
#endif

}  // namespace

const std::array<Offset, kPairs>& filter_offsets() {
  static const std::array<Offset, kPairs> offsets = make_offsets();
  return offsets;
}

void filter_unit_portable(const PaddedPlane& in, int x, int y, const std::int16_t* taps,
                          std::int32_t clip, std::int16_t* out, std::ptrdiff_t out_stride) {
  for (int j = 0; j < 4; ++j)
    for (int i = 0; i < 4; ++i) {
      const std::int16_t* at = in.at(x + i, y + j);
      std::int32_t sum = 1 << (kTapBits - 1);
      for (std::size_t t = 0; t < kPairs; ++t) {
        const Offset& offset = filter_offsets()[t];
        const std::ptrdiff_t step = std::ptrdiff_t{offset.y} * in.stride + offset.x;
        const std::int32_t a = at[step] - at[0], b = at[-step] - at[0];
        sum += taps[2 * t] * std::clamp(a + b, -32768, 32767) +
               taps[2 * t + 1] * (std::clamp(a, -clip, clip) + std::clamp(b, -clip, clip));
      }
      out[j * out_stride + i] = clamp_internal(at[0] + std::clamp(sum >> kTapBits, -32768, 32767));
    }
}

#if defined(__SSE2__)
void filter_unit(const PaddedPlane& in, int x, int y, const std::int16_t* taps, std::int32_t clip,
                 std::int16_t* out, std::ptrdiff_t out_stride) {
  const __m128i top = _mm_set1_epi16(static_cast<std::int16_t>(clip));
  const __m128i bottom = _mm_set1_epi16(static_cast<std::int16_t>(-clip));
  for (int half = 0; half < 4; half += 2) {
    const std::int16_t* at = in.at(x, y + half);
    const __m128i centre = load_two_rows(at, in.stride);
    __m128i low = _mm_set1_epi32(1 << (kTapBits - 1)), high = low;
    for (std::size_t i = 0; i < kPairs; ++i) {
      const Offset& offset = filter_offsets()[i];
      const std::ptrdiff_t step = std::ptrdiff_t{offset.y} * in.stride + offset.x;
      const __m128i a = _mm_sub_epi16(load_two_rows(at + step, in.stride), centre);
      const __m128i b = _mm_sub_epi16(load_two_rows(at - step, in.stride), centre);
      const __m128i plain = _mm_adds_epi16(a, b);
      const __m128i clipped = _mm_add_epi16(_mm_max_epi16(_mm_min_epi16(a, top), bottom),
                                            _mm_max_epi16(_mm_min_epi16(b, top), bottom));
      std::int32_t pair;
      __builtin_memcpy(&pair, taps + 2 * i, sizeof pair);
      const __m128i weights = _mm_set1_epi32(pair);
      low = _mm_add_epi32(low, _mm_madd_epi16(_mm_unpacklo_epi16(plain, clipped), weights));
      high = _mm_add_epi32(high, _mm_madd_epi16(_mm_unpackhi_epi16(plain, clipped), weights));
    }
    __m128i result = _mm_packs_epi32(_mm_srai_epi32(low, kTapBits), _mm_srai_epi32(high, kTapBits));
    result = _mm_adds_epi16(centre, result);
    result = _mm_max_epi16(_mm_min_epi16(result, _mm_set1_epi16(kInternalMax)),
                           _mm_set1_epi16(kInternalMin));
    std::int16_t* to = out + half * out_stride;
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), result);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to + out_stride), _mm_srli_si128(result, 8));
  }
}
#else
void filter_unit(const PaddedPlane& in, int x, int y, const std::int16_t* taps, std::int32_t clip,
                 std::int16_t* out, std::ptrdiff_t out_stride) {
  filter_unit_portable(in, x, y, taps, clip, out, out_stride);
}
#endif

int filter_band(std::int32_t step) {
  // Half an octave each, from steps of 5.4 samples of 8 bits (q = 66) on.
  return std::clamp((log2_16(std::uint64_t(step)) - log2_16(345)) / 9, 0, FilterModel::kBands - 1);
}

PaddedPlane pad(const std::vector<std::int16_t>& plane, int width, int height) {
  PaddedPlane out;
  out.width = width;
  out.height = height;
  out.stride = width + 2 * kFilterReach + 2;
  out.samples.resize(std::size_t(out.stride) * std::size_t(height + 2 * kFilterReach) + 8);
  for (int y = -kFilterReach; y < height + kFilterReach; ++y) {
    const std::int16_t* from = plane.data() + std::ptrdiff_t{std::clamp(y, 0, height - 1)} * width;
    std::int16_t* to = out.samples.data() + std::ptrdiff_t{y + kFilterReach} * out.stride;
    std::fill_n(to, kFilterReach, from[0]);
    std::copy_n(from, width, to + kFilterReach);
    std::fill_n(to + kFilterReach + width, kFilterReach, from[width - 1]);
  }
  return out;
}

std::vector<std::uint8_t> classify_units(const PaddedPlane& luma, std::int32_t step) {
  std::vector<std::uint8_t> classes;
  classes.reserve(std::size_t(luma.width / 4) * std::size_t(luma.height / 4));
  const int log_step = log2_16(std::uint64_t(step));
  for (int y = 0; y < luma.height; y += 4)
    for (int x = 0; x < luma.width; x += 4) {
      const GradientSums sums = sums_around(luma, x, y);
      // Strength of the mean gradient against the step, in octaves of the square: from 1/256 on.
      const int log_energy =
          log2_16(std::uint64_t(sums.energy()) / (4 * std::uint64_t(sums.count)) + 1) -
          2 * log_step;
      const int strength = log_energy < -128  ? 0
                           : log_energy < -96 ? 1
                           : log_energy < -72 ? 2
                           : log_energy < -48 ? 3
                           : log_energy < -24 ? 4
                                              : 5;
      const int direction = sums.coherence_percent() > 40 ? 1 + sums.sector() / 2 : 0;
      classes.push_back(static_cast<std::uint8_t>(strength * 9 + direction));
    }
  return classes;
}

void filter_tile(const FilterModel& filter, std::int32_t step, int rows, TilePixels& tile) {
  const int width = tile.shape.coded_width(), height = tile.shape.coded_height();
  const std::int32_t clip = clip_of(step);
  const auto band = std::size_t(filter_band(step));
  std::vector<std::uint8_t> classes;
  for (std::size_t plane = 0; plane < tile.colour.size(); ++plane) {
    const PaddedPlane in = pad(tile.colour[plane], width, height);
    if (plane == 0) classes = classify_units(in, step);
    const std::size_t kind = band * FilterModel::kPlaneKinds + (plane > 0 ? 1 : 0);
    const std::int16_t* taps =
        &filter.taps[kind * FilterModel::kFilterClasses * FilterModel::kTaps];
    std::size_t unit = 0;
    for (int y = 0; y < std::min(rows, height); y += 4)
      for (int x = 0; x < width; x += 4, ++unit)
        filter_unit(in, x, y, taps + std::size_t(classes[unit]) * FilterModel::kTaps, clip,
                    tile.colour[plane].data() + std::ptrdiff_t{y} * width + x, width);
  }
}

}  // namespace holo::image::deep
