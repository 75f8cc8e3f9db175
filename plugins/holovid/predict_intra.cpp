// Directions are given as displacements in 1/32 sample per row; negative ones fold the other side
// of the edge into the reference.
#include "plugins/holovid/predict_intra.hpp"

#include <algorithm>
#include <cstdlib>

namespace holo::holovid {
namespace {

constexpr std::array<std::int8_t, 33> kAngle = {
    32,  26,  21,  17,  13, 9,  5,  2, 0, -2, -5, -9, -13, -17, -21, -26, -32,
    -26, -21, -17, -13, -9, -5, -2, 0, 2, 5,  9,  13, 17,  21,  26,  32};
constexpr std::array<std::uint8_t, 4> kSmoothFrom = {99, 7, 1, 0};  // by size 4, 8, 16, 32

bool wants_smoothing(int mode, int log2_size) {
  if (mode == kMean || log2_size < 3) return false;
  if (mode == kPlanar) return true;
  const int off = std::min(std::abs(mode - 10), std::abs(mode - 26));
  return off > kSmoothFrom[static_cast<std::size_t>(log2_size - 2)];
}

void predict_planar(int log2_size, const std::uint16_t* corner, std::uint16_t* out,
                    std::ptrdiff_t stride) {
  const int n = 1 << log2_size;
  const int right = corner[1 + n];
  const int below = corner[-1 - n];
  for (int y = 0; y < n; ++y) {
    const int left = corner[-1 - y];
    for (int x = 0; x < n; ++x) {
      const int sum =
          (n - 1 - x) * left + (x + 1) * right + (n - 1 - y) * corner[1 + x] + (y + 1) * below + n;
      out[y * stride + x] = static_cast<std::uint16_t>(sum >> (log2_size + 1));
    }
  }
}

void predict_mean(int log2_size, const std::uint16_t* corner, std::uint16_t* out,
                  std::ptrdiff_t stride) {
  const int n = 1 << log2_size;
  int sum = n;
  for (int i = 1; i <= n; ++i) sum += corner[i] + corner[-i];
  const auto mean = static_cast<std::uint16_t>(sum >> (log2_size + 1));
  for (int y = 0; y < n; ++y) std::fill_n(out + y * stride, n, mean);
}

void predict_direction(int mode, int log2_size, const std::uint16_t* corner, std::uint16_t* out,
                       std::ptrdiff_t stride) {
  const int n = 1 << log2_size;
  const int angle = kAngle[static_cast<std::size_t>(mode - kFirstDirection)];
  const bool vertical = mode >= 18;
  const int side = vertical ? 1 : -1;  // the main reference runs along +side of the edge
  std::array<std::uint16_t, 3 * 32 + 2> buffer{};
  std::uint16_t* reference = buffer.data() + 32;
  for (int i = 0; i <= 2 * n; ++i) reference[i] = corner[side * i];
  if (angle < 0) {
    const int inverse = (8192 + -angle / 2) / -angle;
    for (int i = 1; i <= (n * -angle) >> 5; ++i) {
      reference[-i] = corner[-side * ((i * inverse + 128) >> 8)];
    }
  }
  std::array<std::uint16_t, 32> row{};
  for (int y = 0; y < n; ++y) {
    const int whole = ((y + 1) * angle) >> 5;
    const int part = ((y + 1) * angle) & 31;
    const std::uint16_t* from = reference + whole + 1;
    std::uint16_t* to = vertical ? out + y * stride : row.data();
    if (part == 0) {
      std::copy_n(from, n, to);
    } else {
      for (int x = 0; x < n; ++x) {
        to[x] = static_cast<std::uint16_t>(((32 - part) * from[x] + part * from[x + 1] + 16) >> 5);
      }
    }
    if (!vertical) {
      for (int x = 0; x < n; ++x) out[x * stride + y] = row[static_cast<std::size_t>(x)];
    }
  }
}

}  // namespace

void predict_intra(int mode, int log2_size, const Edge& edge, bool smooth, std::uint16_t* out,
                   std::ptrdiff_t stride) {
  const int n = 1 << log2_size;
  Edge filtered;
  const Edge* used = &edge;
  if (smooth && wants_smoothing(mode, log2_size)) {
    filtered[0] = edge[0];
    filtered[static_cast<std::size_t>(4 * n)] = edge[static_cast<std::size_t>(4 * n)];
    for (std::size_t i = 1; i < static_cast<std::size_t>(4 * n); ++i) {
      filtered[i] = static_cast<std::uint16_t>((edge[i - 1] + 2 * edge[i] + edge[i + 1] + 2) >> 2);
    }
    used = &filtered;
  }
  const std::uint16_t* corner = used->data() + 2 * n;
  if (mode == kPlanar) {
    predict_planar(log2_size, corner, out, stride);
  } else if (mode == kMean) {
    predict_mean(log2_size, corner, out, stride);
  } else {
    predict_direction(mode, log2_size, corner, out, stride);
  }
}

}  // namespace holo::holovid
