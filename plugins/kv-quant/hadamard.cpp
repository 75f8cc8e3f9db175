// The fast Walsh-Hadamard transform, orthonormal.
#include "plugins/kv-quant/hadamard.hpp"

#include <cmath>

namespace holo::kv {
namespace {

constexpr std::size_t kLargestBlock = 256;

void rotate_block(float* x, std::size_t size) {
  for (std::size_t half = 1; half < size; half *= 2) {
    for (std::size_t at = 0; at < size; at += 2 * half) {
      for (std::size_t i = at; i < at + half; ++i) {
        const float a = x[i];
        const float b = x[i + half];
        x[i] = a + b;
        x[i + half] = a - b;
      }
    }
  }
  const float scale = 1 / std::sqrt(static_cast<float>(size));
  for (std::size_t i = 0; i < size; ++i) x[i] *= scale;
}

}  // namespace

void rotate_heads(float* row, std::size_t heads, std::size_t head_dim) {
  std::size_t block = 1;
  while (block < kLargestBlock && head_dim % (2 * block) == 0) block *= 2;
  for (std::size_t at = 0; at < heads * head_dim; at += block) rotate_block(row + at, block);
}

}  // namespace holo::kv
