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
  // The rows themselves, one after the other, until the next change; NULL if they are not kept so.
  [[nodiscard]] virtual const float* rows() const { return nullptr; }
  // True if a strategy computes the product itself; else it costs as much as materialise.
  [[nodiscard]] virtual bool has_score() const { return false; }
  [[nodiscard]] virtual bool has_mix() const { return false; }
  // False where rows are computed again before each step: there are none to read.
  [[nodiscard]] virtual bool keeps_rows() const { return true; }
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
// Counts positions and keeps nothing, for plans with recompute_from.
std::unique_ptr<KvCache> recomputed_cache(const KvShape& shape);

// A sequence inside a plugin (holo_kv_strategy.begin), ended with the last cache of it.
class PluginSequence {
 public:
  // Null if the patch's caches are independent of each other.
  static Result<std::shared_ptr<PluginSequence>> begin(const std::shared_ptr<PatchSession>& patch);
  ~PluginSequence();
  PluginSequence(const PluginSequence&) = delete;
  PluginSequence& operator=(const PluginSequence&) = delete;

  Status tokens(std::uint64_t begin, std::span<const std::int32_t> ids);
  Result<std::shared_ptr<PluginSequence>> fork();
  [[nodiscard]] void* get() const { return sequence_; }
  [[nodiscard]] const std::shared_ptr<PatchSession>& patch() const { return patch_; }

 private:
  PluginSequence(std::shared_ptr<PatchSession> patch, void* sequence)
      : patch_(std::move(patch)), sequence_(sequence) {}
  std::shared_ptr<PatchSession> patch_;
  void* sequence_;
};

// A cache that a patch keeps.
class PatchCache : public KvCache {
 public:
  // The component that keeps this cache, to tell whether a swap may keep it.
  [[nodiscard]] virtual const Callee& callee() const = 0;
  // Passes the plugin's cache on to another session of the same component; the session that made it
  // lives as long as the cache.
  virtual std::unique_ptr<KvCache> hand_over(std::shared_ptr<PatchSession> to) = 0;
  // A copy in a fork of this cache's sequence; where caches are independent, `sequence` is null.
  virtual Result<std::unique_ptr<KvCache>> fork_in(std::shared_ptr<PluginSequence> sequence) = 0;
  // Cold storage in the strategy's own format, if it has one.
  [[nodiscard]] virtual bool has_store() const = 0;
  virtual Status store(const holo_sink& sink, std::uint64_t unit) = 0;
  // Into this cache, which is empty. `positions` is what it then holds, or CORRUPT.
  virtual Status restore(const holo_source& source, std::uint64_t unit,
                         std::uint64_t positions) = 0;
};
// `sequence` is the patch's, or null if its caches are independent.
Result<std::unique_ptr<KvCache>> patch_cache(const std::shared_ptr<PatchSession>& patch,
                                             std::shared_ptr<PluginSequence> sequence,
                                             const Site& site, const KvShape& shape);

}  // namespace holo::host
