// Plain loops in the shape that compilers vectorise.
#include "plugins/holovid/match.hpp"

#include <algorithm>

#include "plugins/holovid/simd.hpp"

namespace holo::holovid {
namespace {

template <int kWidth>
inline std::uint32_t row_absolute(const std::uint16_t* a, const std::uint16_t* b) {
  std::uint32_t sum = 0;
  for (int x = 0; x < kWidth; ++x) {
    const std::uint16_t high = a[x] > b[x] ? a[x] : b[x];
    const std::uint16_t low = a[x] > b[x] ? b[x] : a[x];
    sum += static_cast<std::uint16_t>(high - low);
  }
  return sum;
}

template <int kWidth>
inline std::uint32_t absolute(BlockView a, BlockView b, int height) {
  std::uint32_t sum = 0;
  for (int y = 0; y < height; ++y) {
    sum += row_absolute<kWidth>(a.samples + y * a.stride, b.samples + y * b.stride);
  }
  return sum;
}

inline std::uint32_t hadamard8(BlockView a, BlockView b) {
  std::int32_t m[8][8];
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 8; ++x) {
      m[y][x] = a.samples[y * a.stride + x] - b.samples[y * b.stride + x];
    }
  }
  const auto butterflies = [](std::int32_t(&v)[8][8]) {
    for (int step = 1; step < 8; step *= 2) {
      for (int y = 0; y < 8; y += 2 * step) {
        for (int k = y; k < y + step; ++k) {
          for (int x = 0; x < 8; ++x) {
            const std::int32_t sum = v[k][x] + v[k + step][x];
            v[k + step][x] = v[k][x] - v[k + step][x];
            v[k][x] = sum;
          }
        }
      }
    }
  };
  butterflies(m);
  std::int32_t t[8][8];
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 8; ++x) t[x][y] = m[y][x];
  }
  butterflies(t);
  std::uint32_t sum = 0;
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 8; ++x) sum += static_cast<std::uint32_t>(t[y][x] < 0 ? -t[y][x] : t[y][x]);
  }
  return (sum + 2) >> 2;
}

}  // namespace

HOLOVID_CLONES
std::uint32_t sum_absolute(BlockView a, BlockView b, int width, int height) {
  switch (width) {
    case 64:
      return absolute<64>(a, b, height);
    case 32:
      return absolute<32>(a, b, height);
    case 16:
      return absolute<16>(a, b, height);
    default:
      return absolute<8>(a, b, height);
  }
}

HOLOVID_CLONES
std::uint64_t sum_squares(BlockView a, BlockView b, int width, int height) {
  std::uint64_t sum = 0;
  for (int y = 0; y < height; ++y) {
    const std::uint16_t* p = a.samples + y * a.stride;
    const std::uint16_t* q = b.samples + y * b.stride;
    for (int x = 0; x < width; ++x) {
      const std::int64_t d = static_cast<std::int32_t>(p[x]) - static_cast<std::int32_t>(q[x]);
      sum += static_cast<std::uint64_t>(d * d);
    }
  }
  return sum;
}

HOLOVID_CLONES
std::uint32_t sum_hadamard(BlockView a, BlockView b, int width, int height) {
  std::uint32_t sum = 0;
  for (int y = 0; y < height; y += 8) {
    for (int x = 0; x < width; x += 8) {
      sum += hadamard8({a.samples + y * a.stride + x, a.stride},
                       {b.samples + y * b.stride + x, b.stride});
    }
  }
  return sum;
}

}  // namespace holo::holovid
