// Dense bases for blocks up to 16, a separable DCT for 32.
#include "plugins/holo-image/deep/transform.hpp"

#include <algorithm>
#include <cstring>

#include "plugins/holo-image/color.hpp"
#include "plugins/holo-image/deep/matrix.hpp"

namespace holo::image::deep {
namespace {

constexpr int kSide32 = 32;

std::int16_t clamp16(std::int32_t value) {
  return static_cast<std::int16_t>(std::clamp(value, -32768, 32767));
}

// Between the two passes samples are in 4 internal units, after the analysis' first in 8.
void analyse32(const Model& model, const ClassModel& c, const Block& residual, Coefficients& out) {
  std::int16_t between[kSide32][kSide32];  // [u][y]
  for (int u = 0; u < kSide32; ++u)
    for (int y = 0; y < kSide32; ++y) {
      std::int32_t sum = 1 << (kCosineBits + 2);
      for (int x = 0; x < kSide32; ++x)
        sum += std::int32_t{model.cosines[std::size_t(u * kSide32 + x)]} *
               residual.sample[y * kSide32 + x];
      between[u][y] = clamp16(sum >> (kCosineBits + 3));
    }
  std::int32_t plane[kSide32 * kSide32];
  for (int v = 0; v < kSide32; ++v)
    for (int u = 0; u < kSide32; ++u) {
      std::int32_t sum = 1 << (kCosineBits - 4);
      for (int y = 0; y < kSide32; ++y)
        sum += std::int32_t{model.cosines[std::size_t(v * kSide32 + y)]} * between[u][y];
      plane[v * kSide32 + u] = sum >> (kCosineBits - 3);
    }
  for (std::size_t k = 0; k < kMaxPixels; ++k) out.value[k] = plane[c.frequency[k]];
}

void synthesise32(const Model& model, const ClassModel& c, const std::int16_t* coefficients,
                  int count, const Block& prediction, Block& out) {
  alignas(32) std::int32_t columns[kSide32][kSide32];  // [u][y]
  bool used[kSide32] = {};
  for (int k = 0; k < count; ++k) {
    if (coefficients[k] == 0) continue;
    const int v = c.frequency[std::size_t(k)] >> 5;
    const int u = c.frequency[std::size_t(k)] & 31;
    const std::int16_t* wave = &model.cosines[std::size_t(v * kSide32)];
    if (!used[u]) std::fill_n(columns[u], kSide32, 1 << (kCosineBits - 3));
    used[u] = true;
    for (int y = 0; y < kSide32; ++y) columns[u][y] += std::int32_t{wave[y]} * coefficients[k];
  }
  alignas(32) std::int32_t sums[kMaxPixels];
  std::fill_n(sums, kMaxPixels, 1 << (kCosineBits - 3));
  for (int u = 0; u < kSide32; ++u) {
    if (!used[u]) continue;
    const std::int16_t* wave = &model.cosines[std::size_t(u * kSide32)];
    for (int y = 0; y < kSide32; ++y) {
      const std::int32_t amplitude = clamp16(columns[u][y] >> (kCosineBits - 2));
      std::int32_t* row = &sums[y * kSide32];
      for (int x = 0; x < kSide32; ++x) row[x] += wave[x] * amplitude;
    }
  }
  for (std::size_t i = 0; i < kMaxPixels; ++i)
    out.sample[i] = clamp_internal(prediction.sample[i] + (sums[i] >> (kCosineBits - 2)));
}

}  // namespace

void analyse(const Model& model, int size, int block_class, const Block& residual,
             Coefficients& out) {
  const ClassModel& c = model.sizes[std::size_t(size)][std::size_t(block_class)];
  if (size == 3) return analyse32(model, c, residual, out);
  const int pixels = kSide[std::size_t(size)] * kSide[std::size_t(size)];
  multiply(c.analysis.data(), pixels, pixels, residual.sample, 1 << (kBasisBits - 1), out.value);
  for (int k = 0; k < pixels; ++k) out.value[k] >>= kBasisBits;
}

void synthesise(const Model& model, int size, int block_class, const std::int16_t* coefficients,
                int count, const Block& prediction, Block& out) {
  const int pixels = kSide[std::size_t(size)] * kSide[std::size_t(size)];
  if (count == 0) {
    std::memcpy(out.sample, prediction.sample, std::size_t(pixels) * sizeof(std::int16_t));
    return;
  }
  const ClassModel& c = model.sizes[std::size_t(size)][std::size_t(block_class)];
  if (size == 3) return synthesise32(model, c, coefficients, count, prediction, out);
  constexpr int kShift = kBasisBits - 3;
  alignas(32) std::int32_t sums[16 * 16];
  std::int16_t even[16 * 16 + 1];
  if (count % 2 != 0) {
    std::memcpy(even, coefficients, std::size_t(count) * sizeof(std::int16_t));
    even[count] = 0;
    coefficients = even;
  }
  multiply(c.synthesis.data(), (count + 1) / 2 * 2, pixels, coefficients, 1 << (kShift - 1), sums);
  for (int i = 0; i < pixels; ++i)
    out.sample[i] = clamp_internal(prediction.sample[i] + (sums[i] >> kShift));
}

}  // namespace holo::image::deep
