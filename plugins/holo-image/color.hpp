// Integer colour: samples of any depth to centred 14-bit Y, Cb, Cr planes, and back.
#pragma once

#include <cstdint>

namespace holo::image {

// Internal samples are int16 in -8192..8191, 64 steps to one step of an 8-bit picture.
inline constexpr int kInternalBits = 14;
inline constexpr int kInternalMax = (1 << (kInternalBits - 1)) - 1;
inline constexpr int kInternalMin = -(1 << (kInternalBits - 1));

struct YCbCr {
  std::int16_t y, cb, cr;
};
struct Rgb {
  std::uint16_t r, g, b;
};

[[nodiscard]] constexpr std::int16_t clamp_internal(std::int32_t value) {
  return static_cast<std::int16_t>(value < kInternalMin   ? kInternalMin
                                   : value > kInternalMax ? kInternalMax
                                                          : value);
}

// A sample of 1..16 bits on the internal scale 0..16383, and back with rounding and clamping.
[[nodiscard]] constexpr std::int32_t widen(std::uint32_t sample, int depth) {
  return depth <= kInternalBits ? static_cast<std::int32_t>(sample << (kInternalBits - depth))
                                : static_cast<std::int32_t>(sample >> (depth - kInternalBits));
}
[[nodiscard]] constexpr std::uint16_t narrow(std::int32_t value, int depth) {
  const std::int32_t top = (std::int32_t{1} << depth) - 1;
  const std::int32_t sample =
      depth < kInternalBits
          ? (value + (1 << (kInternalBits - depth - 1))) >> (kInternalBits - depth)
          : value * (std::int32_t{1} << (depth - kInternalBits));
  return static_cast<std::uint16_t>(sample < 0 ? 0 : sample > top ? top : sample);
}

// ITU-R BT.601 full range, weights in 1/65536.
[[nodiscard]] constexpr YCbCr to_ycbcr(Rgb rgb, int depth) {
  const std::int32_t r = widen(rgb.r, depth);
  const std::int32_t g = widen(rgb.g, depth);
  const std::int32_t b = widen(rgb.b, depth);
  const std::int32_t y = (19595 * r + 38470 * g + 7471 * b + 32768) >> 16;
  return {clamp_internal(y + kInternalMin), clamp_internal(((b - y) * 36984 + 32768) >> 16),
          clamp_internal(((r - y) * 46727 + 32768) >> 16)};
}

// |y| + 1.772 * 8192 stays below 2^15, so every product stays below 2^30.
[[nodiscard]] constexpr Rgb to_rgb(YCbCr sample, int depth) {
  const std::int32_t y = sample.y - kInternalMin;
  const std::int32_t r = y + ((91881 * sample.cr + 32768) >> 16);
  const std::int32_t g = y - ((22554 * sample.cb + 46802 * sample.cr + 32768) >> 16);
  const std::int32_t b = y + ((116130 * sample.cb + 32768) >> 16);
  return {narrow(r, depth), narrow(g, depth), narrow(b, depth)};
}

[[nodiscard]] constexpr std::int16_t to_luma(std::uint32_t sample, int depth) {
  return clamp_internal(widen(sample, depth) + kInternalMin);
}
[[nodiscard]] constexpr std::uint16_t to_gray(std::int16_t y, int depth) {
  return narrow(y - kInternalMin, depth);
}

}  // namespace holo::image
