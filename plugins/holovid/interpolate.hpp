// Motion-compensated fetch: eight-tap quarter-sample luma and four-tap eighth-sample chroma.
#pragma once

#include <cstddef>
#include <cstdint>

namespace holo::holovid {

// Reads a width x height block (each at most 64) at `source` displaced by fractions of a sample,
// with the filter's taps around it. Results are rounded once and clipped to 0..max_value.
void interpolate_luma(const std::uint16_t* source, std::ptrdiff_t stride, int quarter_x,
                      int quarter_y, int width, int height, int max_value, std::uint16_t* out,
                      std::ptrdiff_t out_stride);
void interpolate_chroma(const std::uint16_t* source, std::ptrdiff_t stride, int eighth_x,
                        int eighth_y, int width, int height, int max_value, std::uint16_t* out,
                        std::ptrdiff_t out_stride);

}  // namespace holo::holovid
