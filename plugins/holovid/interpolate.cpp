// Separable filters with 6-bit taps; exact 32-bit sums for samples of up to 16 bits.
#include "plugins/holovid/interpolate.hpp"

#include <algorithm>
#include <array>

#include "plugins/holovid/simd.hpp"

namespace holo::holovid {
namespace {

constexpr int kMaxBlock = 64;
constexpr int kTapBits = 6;

constexpr std::array<std::array<std::int32_t, 8>, 4> kLumaTaps = {{
    {0, 0, 0, 64, 0, 0, 0, 0},
    {-1, 4, -10, 58, 17, -5, 1, 0},
    {-1, 4, -11, 40, 40, -11, 4, -1},
    {0, 1, -5, 17, 58, -10, 4, -1},
}};
constexpr std::array<std::array<std::int32_t, 4>, 8> kChromaTaps = {{
    {0, 64, 0, 0},
    {-2, 58, 10, -2},
    {-4, 54, 16, -2},
    {-6, 46, 28, -4},
    {-4, 36, 36, -4},
    {-4, 28, 46, -6},
    {-2, 16, 54, -4},
    {-2, 10, 58, -2},
}};

// One dimension: sample step `step` between taps.
template <int kTaps, class In>
inline void filter_row(const In* in, std::ptrdiff_t step, const std::int32_t* taps, int width,
                       std::int32_t* out) {
  const In* first = in - (kTaps / 2 - 1) * step;
  for (int x = 0; x < width; ++x) {
    std::int32_t sum = 0;
    for (int k = 0; k < kTaps; ++k) sum += taps[k] * static_cast<std::int32_t>(first[k * step + x]);
    out[x] = sum;
  }
}

inline void round_row(const std::int32_t* in, int shift, int width, std::int32_t max_value,
                      std::uint16_t* out) {
  const std::int32_t half = 1 << (shift - 1);
  for (int x = 0; x < width; ++x) {
    out[x] = static_cast<std::uint16_t>(std::clamp((in[x] + half) >> shift, 0, max_value));
  }
}

template <int kTaps>
inline void interpolate(const std::uint16_t* source, std::ptrdiff_t stride,
                        const std::int32_t* taps_x, const std::int32_t* taps_y, int width,
                        int height, int max_value, std::uint16_t* out, std::ptrdiff_t out_stride) {
  constexpr int kBefore = kTaps / 2 - 1;
  const bool whole_x = taps_x[kBefore] == 1 << kTapBits;
  const bool whole_y = taps_y[kBefore] == 1 << kTapBits;
  std::int32_t row[kMaxBlock];
  if (whole_x && whole_y) {
    for (int y = 0; y < height; ++y) std::copy_n(source + y * stride, width, out + y * out_stride);
  } else if (whole_y) {
    for (int y = 0; y < height; ++y) {
      filter_row<kTaps>(source + y * stride, 1, taps_x, width, row);
      round_row(row, kTapBits, width, max_value, out + y * out_stride);
    }
  } else if (whole_x) {
    for (int y = 0; y < height; ++y) {
      filter_row<kTaps>(source + y * stride, stride, taps_y, width, row);
      round_row(row, kTapBits, width, max_value, out + y * out_stride);
    }
  } else {
    std::int32_t middle[(kMaxBlock + kTaps - 1) * kMaxBlock];
    for (int y = 0; y < height + kTaps - 1; ++y) {
      filter_row<kTaps>(source + (y - kBefore) * stride, 1, taps_x, width, middle + y * kMaxBlock);
    }
    for (int y = 0; y < height; ++y) {
      filter_row<kTaps>(middle + (y + kBefore) * kMaxBlock, kMaxBlock, taps_y, width, row);
      round_row(row, 2 * kTapBits, width, max_value, out + y * out_stride);
    }
  }
}

}  // namespace

HOLOVID_CLONES
void interpolate_luma(const std::uint16_t* source, std::ptrdiff_t stride, int quarter_x,
                      int quarter_y, int width, int height, int max_value, std::uint16_t* out,
                      std::ptrdiff_t out_stride) {
  interpolate<8>(source, stride, kLumaTaps[static_cast<std::size_t>(quarter_x)].data(),
                 kLumaTaps[static_cast<std::size_t>(quarter_y)].data(), width, height, max_value,
                 out, out_stride);
}

HOLOVID_CLONES
void interpolate_chroma(const std::uint16_t* source, std::ptrdiff_t stride, int eighth_x,
                        int eighth_y, int width, int height, int max_value, std::uint16_t* out,
                        std::ptrdiff_t out_stride) {
  interpolate<4>(source, stride, kChromaTaps[static_cast<std::size_t>(eighth_x)].data(),
                 kChromaTaps[static_cast<std::size_t>(eighth_y)].data(), width, height, max_value,
                 out, out_stride);
}

}  // namespace holo::holovid
