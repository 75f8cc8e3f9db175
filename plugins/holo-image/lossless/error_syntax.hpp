// An error as binary decisions: is there one, its sign, then "more" while it goes on beyond the
// bucket, and the place in the bucket as it is. Both methods and both directions share it.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdlib>

namespace holo::image::lossless {

// What is asked of a Decider, and what a context may depend on.
inline constexpr int kMoreNodes = 15;  // "more" decisions that have contexts of their own

// Decider: bool nonzero(bool), bool negative(bool), bool more(int bucket, int start, int end,
// bool negative, bool), uint32 bypass(uint32, int count). The last argument is what the
// writer says; they return what is so. base + error lies in 0..top.
template <class Decider>
int code_error(Decider& decider, int base, int top, int error) {
  if (!decider.nonzero(error != 0)) return 0;
  bool negative = base == top;
  if (base > 0 && base < top) negative = decider.negative(error < 0);
  const int most = negative ? base : top - base;
  const int size = std::abs(error);
  int start = 1;
  int width = 1;
  for (int bucket = 0; start + width <= most; ++bucket) {
    const int end = start + width;
    if (!decider.more(bucket, start, end, negative, size >= end)) break;
    start = end;
    if (bucket >= 3 && bucket % 2 == 1) width *= 2;
  }
  const int bits = std::bit_width(static_cast<unsigned>(width)) - 1;
  const int place = int(decider.bypass(static_cast<std::uint32_t>(size - start), bits));
  const int coded = std::min(start + place, most);
  return negative ? -coded : coded;
}

}  // namespace holo::image::lossless
