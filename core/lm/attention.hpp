// Attention of the rows of a step: to the earlier rows of their sequences and to each other.
#pragma once

#include <span>
#include <vector>

#include "core/host/job.hpp"
#include "core/host/kv_cache.hpp"
#include "core/lm/config.hpp"
#include "core/lm/kernels.hpp"

namespace holo::lm {

// One sequence's part of a step, in one layer.
struct AttentionRun {
  host::KvCache* keys = nullptr;
  host::KvCache* values = nullptr;
  // Earlier rows that are not to be taken from the caches: recomputed. Or null.
  const float* past_keys = nullptr;
  const float* past_values = nullptr;
  bool drops = false;     // past_keys holds rows of NaN, which nobody attends to
  std::size_t past = 0;   // earlier rows
  std::size_t first = 0;  // row of the step
  std::size_t count = 0;
};

class Attention {
 public:
  // `job` outlives this. One thread at a time.
  Attention(const ModelConfig& config, const host::Job& job);
  // Queries and out are rows of heads * head_dim, keys and values of kv_heads * head_dim, for all
  // rows of the step. Reads the caches, appends nothing.
  Status apply(std::span<const AttentionRun> runs, const float* queries, const float* keys,
               const float* values, float* out);

 private:
  // The rows of a step as all runs see them.
  struct Rows {
    const float* queries;
    const float* keys;
    const float* values;
    float* out;
  };
  struct Few;
  Status apply_few(std::span<Few> runs, const Rows& rows);
  void attend_few(const Few& run, std::size_t first_head, std::size_t last_head,
                  const Rows& rows) const;
  Status apply_many(const AttentionRun& run, const Rows& rows);
  void pack_many(std::size_t kv_head, const AttentionRun& run, const Rows& rows);
  void attend_many(std::size_t head, std::size_t begin, std::size_t end, const AttentionRun& run,
                   const Rows& rows, std::vector<float>& scratch) const;
  // Earlier rows of a cache, in memory.
  static Result<const float*> rows_of(host::KvCache& cache, std::size_t past, std::size_t width,
                                      std::vector<float>& buffer);

  const host::Job& job_;
  const Kernels& kernels_;
  std::size_t heads_;
  std::size_t kv_heads_;
  std::size_t dim_;
  float factor_;
  std::vector<float> scores_;
  std::vector<float> past_keys_;
  std::vector<float> past_values_;
  std::vector<float> mixed_;
  // Of a run with many rows: keys as {kv head, panel of 16 positions, dim, 16}, values as
  // {kv head, panel of 16 dims, position, 16}.
  std::vector<float> packed_keys_;
  std::vector<float> packed_values_;
  std::vector<std::vector<float>> scratch_;  // of each worker
};

}  // namespace holo::lm
