// The colour conversion of color.hpp for whole rows of 8-bit RGB pictures, with AVX2 where the
// processor has it; the numbers are the same.
#pragma once

#include <cstddef>
#include <cstdint>

namespace holo::image {

struct RgbRow {
  const std::uint8_t* r;
  const std::uint8_t* g;
  const std::uint8_t* b;
};
struct YCbCrRow {
  const std::int16_t* y;
  const std::int16_t* cb;
  const std::int16_t* cr;
};

struct ColorRows {
  void (*to_ycbcr)(const RgbRow& from, std::size_t count, std::int16_t* y, std::int16_t* cb,
                   std::int16_t* cr);
  void (*to_rgb)(const YCbCrRow& from, std::size_t count, std::uint8_t* r, std::uint8_t* g,
                 std::uint8_t* b);
};

[[nodiscard]] const ColorRows& portable_color_rows();
// nullptr where the compiler or the processor has no AVX2.
[[nodiscard]] const ColorRows* avx2_color_rows();
// The fastest that this processor runs.
[[nodiscard]] const ColorRows& color_rows();

}  // namespace holo::image
