// The cache of one site and one sequence: kept plainly in f32, or by a patch.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/host/patch_session.hpp"

namespace holo::host {

// A borrowed f32 matrix as a DLTensor.
class MatrixView {
 public:
  MatrixView(const float* data, std::int64_t rows, std::int64_t columns);
  MatrixView(const MatrixView&) = delete;
  MatrixView& operator=(const MatrixView&) = delete;
  [[nodiscard]] const DLTensor* get() const { return &tensor_; }

 private:
  std::int64_t shape_[2];
  std::int64_t strides_[2];
  DLTensor tensor_{};
};

// Rows are f32, `width` = kv_heads * head_dim numbers each. Not thread-safe.
class KvCache {
 public:
  virtual ~KvCache() = default;
  virtual Status append(std::span<const float> rows) = 0;
  // Fills out with rows begin..begin + out.size() / width.
  virtual Status materialise(std::uint64_t begin, std::span<float> out) = 0;
  // K: scores {heads, positions} = query {heads, head_dim} . rows, unscaled.
  virtual Status score(std::span<const float> query, std::span<float> scores) = 0;
  // V: out {heads, head_dim} = weights {heads, positions} . rows.
  virtual Status mix(std::span<const float> weights, std::span<float> out) = 0;
  virtual Status trim(std::uint64_t positions) = 0;
  virtual Status reset() = 0;
  virtual Result<std::unique_ptr<KvCache>> fork() = 0;
  virtual Result<holo_kv_bytes> bytes() = 0;
  [[nodiscard]] virtual std::uint64_t positions() const = 0;
};

// What every cache of a model shares.
struct KvShape {
  std::int32_t heads = 1;     // query heads, a multiple of kv_heads
  std::int32_t kv_heads = 1;  // query head h reads kv head h * kv_heads / heads
  std::int32_t head_dim = 1;
  [[nodiscard]] std::size_t width() const {
    return static_cast<std::size_t>(kv_heads) * static_cast<std::size_t>(head_dim);
  }
};

std::unique_ptr<KvCache> plain_cache(const KvShape& shape);

// A cache that a patch keeps.
class PatchCache : public KvCache {
 public:
  // The component that keeps this cache, to tell whether a swap may keep it.
  [[nodiscard]] virtual const Callee& callee() const = 0;
  // Passes the plugin's cache on to another session of the same component; the session that made it
  // lives as long as the cache.
  virtual std::unique_ptr<KvCache> hand_over(std::shared_ptr<PatchSession> to) = 0;
};
Result<std::unique_ptr<KvCache>> patch_cache(const std::shared_ptr<PatchSession>& patch,
                                             const Site& site, const KvShape& shape);

}  // namespace holo::host
