// Products over rows in memory.
#include "core/host/kv_rows.hpp"

#include <algorithm>

namespace holo::host {
namespace {

std::size_t kv_head(const KvShape& shape, std::size_t head) {
  return head * static_cast<std::size_t>(shape.kv_heads) / static_cast<std::size_t>(shape.heads);
}

}  // namespace

void score_rows(const KvShape& shape, std::span<const float> rows, std::span<const float> query,
                std::span<float> scores) {
  const std::size_t width = shape.width();
  const std::size_t positions = rows.size() / width;
  const auto dim = static_cast<std::size_t>(shape.head_dim);
  for (std::size_t head = 0; head < static_cast<std::size_t>(shape.heads); ++head) {
    for (std::size_t p = 0; p < positions; ++p) {
      const float* row = rows.data() + p * width + kv_head(shape, head) * dim;
      float sum = 0;
      for (std::size_t d = 0; d < dim; ++d) sum += query[head * dim + d] * row[d];
      scores[head * positions + p] = sum;
    }
  }
}

void mix_rows(const KvShape& shape, std::span<const float> rows, std::span<const float> weights,
              std::span<float> out) {
  const std::size_t width = shape.width();
  const std::size_t positions = rows.size() / width;
  const auto dim = static_cast<std::size_t>(shape.head_dim);
  std::fill(out.begin(), out.end(), 0.0F);
  for (std::size_t head = 0; head < static_cast<std::size_t>(shape.heads); ++head) {
    for (std::size_t p = 0; p < positions; ++p) {
      const float* row = rows.data() + p * width + kv_head(shape, head) * dim;
      const float weight = weights[head * positions + p];
      for (std::size_t d = 0; d < dim; ++d) out[head * dim + d] += weight * row[d];
    }
  }
}

Error past_end(std::uint64_t end, std::uint64_t positions) {
  return make_error(HOLO_INVALID_ARG, "row " + std::to_string(end) + " is past the " +
                                          std::to_string(positions) + " rows of the cache");
}

}  // namespace holo::host
