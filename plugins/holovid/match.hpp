// Measures of how well two blocks match, for the encoder's decisions.
#pragma once

#include <cstddef>
#include <cstdint>

namespace holo::holovid {

struct BlockView {
  const std::uint16_t* samples;
  std::ptrdiff_t stride;
};

// Sums over a width x height block: absolute differences, squared differences, and absolute values
// of the 8 x 8 Hadamard transform of the differences (scaled like the first; sides multiples of 8).
[[nodiscard]] std::uint32_t sum_absolute(BlockView a, BlockView b, int width, int height);
[[nodiscard]] std::uint64_t sum_squares(BlockView a, BlockView b, int width, int height);
[[nodiscard]] std::uint32_t sum_hadamard(BlockView a, BlockView b, int width, int height);

}  // namespace holo::holovid
