// The kernels over vectors of kLanes floats. Included once for each instruction set, by the file
// that defines kLanes, kTileRows, Vector, IntVector, fma(), sum(), load_half() and store_half() for
// it.
// Nothing of the standard library is used here: an inline function of it would be compiled for this
// instruction set and might be linked into the rest.

namespace {

constexpr std::size_t kVectors = kPanel / kLanes;
// How far ahead of its use memory is asked for.
constexpr std::size_t kAhead = 4096;  // bytes of a panel
constexpr std::size_t kRowsAhead = 8;

inline Vector load(const float* p) {
  Vector v;
  __builtin_memcpy(&v, p, sizeof(v));
  return v;
}
inline void store(float* p, Vector v) { __builtin_memcpy(p, &v, sizeof(v)); }
inline Vector load_weights(const float* p) { return load(p); }
inline Vector load_weights(const std::uint16_t* p) { return load_half(p); }
inline Vector all(float x) { return x - Vector{}; }
inline Vector load_part(const float* p, std::size_t count) {
  Vector v = {};
  __builtin_memcpy(&v, p, count * sizeof(float));
  return v;
}
inline void store_part(float* p, Vector v, std::size_t count) {
  __builtin_memcpy(p, &v, count * sizeof(float));
}
// acc[r] += x[r][k] * panel[k] over all k.
template <std::size_t kRows, bool kPacked, class Weight>
inline void accumulate(const Weight* panel, std::size_t depth, const float* x, std::size_t stride,
                       Vector (&acc)[kRows][kVectors]) {
  for (std::size_t k = 0; k < depth; ++k) {
    if (!kPacked) __builtin_prefetch(panel + k * kPanel + kAhead / sizeof(Weight));
    Vector w[kVectors];
    for (std::size_t v = 0; v < kVectors; ++v) w[v] = load_weights(panel + k * kPanel + v * kLanes);
    for (std::size_t r = 0; r < kRows; ++r) {
      const Vector a = all(kPacked ? x[k * kTileRows + r] : x[r * stride + k]);
      for (std::size_t v = 0; v < kVectors; ++v) acc[r][v] = fma(a, w[v], acc[r][v]);
    }
  }
}

template <std::size_t kRows>
inline void finish(const Vector (&acc)[kRows][kVectors], Start start, float* y,
                   std::size_t y_stride) {
  for (std::size_t r = 0; r < kRows; ++r) {
    for (std::size_t v = 0; v < kVectors; ++v) {
      const Vector from =
          start.values == nullptr ? Vector{} : load(start.values + r * start.stride + v * kLanes);
      store(y + r * y_stride + v * kLanes, acc[r][v] + from);
    }
  }
}

template <std::size_t kRows, bool kPacked, class Weight>
void block(const Weight* panel, std::size_t depth, const float* x, std::size_t stride, Start start,
           float* y, std::size_t y_stride) {
  Vector acc[kRows][kVectors] = {};
  accumulate<kRows, kPacked>(panel, depth, x, stride, acc);
  finish(acc, start, y, y_stride);
}

// One row: bound by memory, so several sums at once hide the latency of the additions.
template <class Weight>
void one_row(const Weight* panel, std::size_t depth, const float* x, Start start, float* y) {
  constexpr std::size_t kSums = 4;
  Vector acc[kSums][kVectors] = {};
  std::size_t k = 0;
  for (; k + kSums <= depth; k += kSums) {
    for (std::size_t byte = 0; byte < kSums * kPanel * sizeof(Weight); byte += 64) {
      __builtin_prefetch(panel + k * kPanel + (kAhead + byte) / sizeof(Weight));
    }
    for (std::size_t s = 0; s < kSums; ++s) {
      const Vector a = all(x[k + s]);
      for (std::size_t v = 0; v < kVectors; ++v) {
        acc[s][v] = fma(a, load_weights(panel + (k + s) * kPanel + v * kLanes), acc[s][v]);
      }
    }
  }
  Vector total[1][kVectors];
  for (std::size_t v = 0; v < kVectors; ++v) {
    total[0][v] = (acc[0][v] + acc[1][v]) + (acc[2][v] + acc[3][v]);
  }
  accumulate<1, false>(panel + k * kPanel, depth - k, x + k, 0, total);
  finish(total, start, y, 0);
}

template <bool kPacked, class Weight, std::size_t kRows = kTileRows>
inline void block_of(std::size_t rows, const Weight* panel, std::size_t depth, const float* x,
                     std::size_t stride, Start start, float* y, std::size_t y_stride) {
  if (rows == kRows) {
    block<kRows, kPacked>(panel, depth, x, stride, start, y, y_stride);
  } else if constexpr (kRows > 1) {
    block_of<kPacked, Weight, kRows - 1>(rows, panel, depth, x, stride, start, y, y_stride);
  }
}

template <class Weight>
void product(const Weight* panel, std::size_t depth, const float* x, std::size_t x_stride,
             std::size_t rows, Start start, float* y, std::size_t y_stride) {
  if (rows == 1) return one_row(panel, depth, x, start, y);
  // Blocks of like size: one of few rows would not hide the latency of the additions.
  for (std::size_t blocks = (rows + kTileRows - 1) / kTileRows; blocks > 0; --blocks) {
    const std::size_t now = (rows + blocks - 1) / blocks;
    block_of<false>(now, panel, depth, x, x_stride, start, y, y_stride);
    x += now * x_stride;
    y += now * y_stride;
    if (start.values != nullptr) start.values += now * start.stride;
    rows -= now;
  }
}

void tile(const float* panel, std::size_t depth, const float* packed, std::size_t rows, Start start,
          float* y, std::size_t y_stride) {
  block_of<true>(rows, panel, depth, packed, 0, start, y, y_stride);
}

void widen(const std::uint16_t* half, std::size_t count, float* out) {
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(out + i, load_half(half + i));
  if (i < count) {
    std::uint16_t rest[kLanes] = {};
    __builtin_memcpy(rest, half + i, (count - i) * sizeof(rest[0]));
    store_part(out + i, load_half(rest), count - i);
  }
}

void narrow(const float* values, std::size_t count, std::uint16_t* half) {
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store_half(half + i, load(values + i));
  if (i < count) {
    std::uint16_t rest[kLanes];
    store_half(rest, load_part(values + i, count - i));
    __builtin_memcpy(half + i, rest, (count - i) * sizeof(rest[0]));
  }
}

// Rows of one head lie apart, where the machine's own prefetching does not follow.
inline void prefetch_row(const float* row, std::size_t dim) {
  for (std::size_t d = 0; d < dim; d += kPanel) __builtin_prefetch(row + d);
}

void scores(const float* query, const float* rows, std::size_t stride, std::size_t count,
            std::size_t dim, float* out) {
  for (std::size_t i = 0; i < count; ++i) {
    const float* row = rows + i * stride;
    prefetch_row(row + kRowsAhead * stride, dim);
    Vector even = {};
    Vector odd = {};
    std::size_t d = 0;
    for (; d + 2 * kLanes <= dim; d += 2 * kLanes) {
      even = fma(load(query + d), load(row + d), even);
      odd = fma(load(query + d + kLanes), load(row + d + kLanes), odd);
    }
    for (; d < dim; d += kLanes) {
      const std::size_t n = dim - d < kLanes ? dim - d : kLanes;
      even = fma(load_part(query + d, n), load_part(row + d, n), even);
    }
    out[i] = sum(even + odd);
  }
}

void mix(const float* weights, const float* rows, std::size_t stride, std::size_t count,
         std::size_t dim, float* out) {
  constexpr std::size_t kSums = 8;
  std::size_t d = 0;
  for (; d + kSums * kLanes <= dim; d += kSums * kLanes) {
    Vector acc[kSums];
    for (std::size_t s = 0; s < kSums; ++s) acc[s] = load(out + d + s * kLanes);
    for (std::size_t i = 0; i < count; ++i) {
      const Vector w = all(weights[i]);
      const float* row = rows + i * stride + d;
      prefetch_row(row + kRowsAhead * stride, kSums * kLanes);
      for (std::size_t s = 0; s < kSums; ++s) acc[s] = fma(w, load(row + s * kLanes), acc[s]);
    }
    for (std::size_t s = 0; s < kSums; ++s) store(out + d + s * kLanes, acc[s]);
  }
  for (; d < dim; d += kLanes) {
    const std::size_t n = dim - d < kLanes ? dim - d : kLanes;
    Vector acc = load_part(out + d, n);
    for (std::size_t i = 0; i < count; ++i) {
      acc = fma(all(weights[i]), load_part(rows + i * stride + d, n), acc);
    }
    store_part(out + d, acc, n);
  }
}

}  // namespace

#include "core/lm/kernels_elementwise.hpp"

namespace {

constexpr Kernels table_of(const char* name) {
  return {name,    kTileRows, product<float>, product<std::uint16_t>,
          tile,    widen,     narrow,         scores,
          mix,     maximum,   exp_sum,        scale,
          add,     gelu,      swiglu,         layer_norm,
          rms_norm};
}

}  // namespace
