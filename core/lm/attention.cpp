// Two ways: row by row over the caches for few rows, by packed tiles for many.
#include "core/lm/attention.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/lm/parallel.hpp"

namespace holo::lm {
namespace {

// Up to so many rows a run goes row by row: packing its tiles would take longer. A strategy's own
// products pay off for fewer rows than those of rows in memory.
constexpr std::size_t kFewRows = 8;
constexpr std::size_t kFewRowsOfStrategy = 4;
// Rows that a tile loop takes at a time, so that their scores stay in cache. A multiple of the
// rows of every tile.
constexpr std::size_t kQueryBlock = 24;

// Earlier rows that all heads go through together.
constexpr std::size_t kBlockRows = 32;

std::size_t panels_of(std::size_t count) { return (count + kPanel - 1) / kPanel; }

bool any_dropped(const float* rows, std::size_t count, std::size_t width) {
  for (std::size_t p = 0; p < count; ++p) {
    if (std::isnan(rows[p * width])) return true;
  }
  return false;
}

void hide_dropped(float* scores, std::size_t count) {
  for (std::size_t p = 0; p < count; ++p) {
    if (std::isnan(scores[p])) scores[p] = -std::numeric_limits<float>::infinity();
  }
}

}  // namespace

// A run with few rows and where its scores lie.
struct Attention::Few {
  AttentionRun run;
  float* past_scores = nullptr;  // {row, head, past}
  float* own_scores = nullptr;   // {row, head, count}
  bool scored = false;           // the strategy has filled past_scores
  bool mixes = false;            // the strategy will mix the earlier values
  [[nodiscard]] bool in_memory() const {
    return (scored || run.past_keys != nullptr) && (mixes || run.past_values != nullptr);
  }
};

Attention::Attention(const ModelConfig& config, const host::Job& job)
    : job_(job),
      kernels_(kernels()),
      heads_(static_cast<std::size_t>(config.heads)),
      kv_heads_(static_cast<std::size_t>(config.kv_heads)),
      dim_(static_cast<std::size_t>(config.head_dim)),
      factor_(static_cast<float>(1 / std::sqrt(static_cast<double>(config.head_dim)))),
      scratch_(static_cast<std::size_t>(job.workers())) {}

Status Attention::apply(std::span<const AttentionRun> runs, const float* queries, const float* keys,
                        const float* values, float* out) {
  const Rows rows{queries, keys, values, out};
  std::vector<Few> few;
  std::size_t size = 0;
  for (const AttentionRun& run : runs) {
    Few item;
    item.run = run;
    item.mixes = run.past > 0 && run.past_values == nullptr && run.values->has_mix();
    item.scored = run.past > 0 && run.past_keys == nullptr && run.keys->has_score();
    if (run.count > (item.mixes || item.scored ? kFewRowsOfStrategy : kFewRows)) {
      HOLO_TRY(apply_many(run, rows));
      continue;
    }
    if (item.run.past_keys == nullptr) item.run.past_keys = run.keys->rows();
    if (item.run.past_values == nullptr) item.run.past_values = run.values->rows();
    size += run.count * heads_ * (run.past + run.count);
    few.push_back(item);
  }
  if (few.empty()) return {};
  scores_.resize(size);
  float* scores = scores_.data();
  for (Few& item : few) {
    const std::size_t rows_of_scores = item.run.count * heads_;
    item.past_scores = scores;
    item.own_scores = scores + rows_of_scores * item.run.past;
    scores += rows_of_scores * (item.run.past + item.run.count);
  }
  // Runs whose earlier rows have to be materialised share one buffer: one at a time.
  const auto alone = std::stable_partition(few.begin(), few.end(), [](const Few& item) {
    return item.run.past == 0 || item.in_memory();
  });
  HOLO_TRY(apply_few(std::span(few.begin(), alone), rows));
  for (auto item = alone; item != few.end(); ++item) {
    const std::size_t width = kv_heads_ * dim_;
    if (!item->scored && item->run.past_keys == nullptr) {
      HOLO_ASSIGN(item->run.past_keys, rows_of(*item->run.keys, item->run.past, width, past_keys_));
      item->run.drops = any_dropped(item->run.past_keys, item->run.past, width);
    }
    if (!item->mixes && item->run.past_values == nullptr) {
      HOLO_ASSIGN(item->run.past_values,
                  rows_of(*item->run.values, item->run.past, width, past_values_));
    }
    HOLO_TRY(apply_few(std::span(item, 1), rows));
  }
  return {};
}

Result<const float*> Attention::rows_of(host::KvCache& cache, std::size_t past, std::size_t width,
                                        std::vector<float>& buffer) {
  constexpr std::size_t kBlock = 256;
  if (past == 0) return buffer.data();
  if (const float* rows = cache.rows(); rows != nullptr) return rows;
  buffer.resize(past * width);
  for (std::size_t at = 0; at < past; at += kBlock) {
    const std::size_t count = std::min(kBlock, past - at);
    HOLO_TRY(cache.materialise(at, std::span(buffer).subspan(at * width, count * width)));
  }
  return static_cast<const float*>(buffer.data());
}

// The caches are called by this thread only: a strategy need not be thread-safe.
Status Attention::apply_few(std::span<Few> runs, const Rows& rows) {
  const std::size_t row_size = heads_ * dim_;
  for (const Few& item : runs) {
    if (!item.scored) continue;
    for (std::size_t t = 0; t < item.run.count; ++t) {
      const std::size_t size = heads_ * item.run.past;
      HOLO_TRY(item.run.keys->score({rows.queries + (item.run.first + t) * row_size, row_size},
                                    {item.past_scores + t * size, size}));
    }
  }
  if (runs.empty()) return {};
  const std::size_t wanted = 2 * static_cast<std::size_t>(job_.workers());
  const std::size_t groups = std::clamp<std::size_t>(wanted / runs.size(), 1, heads_);
  parallel_for(job_, runs.size() * groups, [&](std::size_t i, std::uint32_t) {
    const std::size_t group = i % groups;
    attend_few(runs[i / groups], heads_ * group / groups, heads_ * (group + 1) / groups, rows);
  });
  for (const Few& item : runs) {
    if (!item.mixes) continue;
    mixed_.resize(row_size);
    for (std::size_t t = 0; t < item.run.count; ++t) {
      const std::size_t size = heads_ * item.run.past;
      HOLO_TRY(item.run.values->mix({item.past_scores + t * size, size}, mixed_));
      kernels_.add(rows.out + (item.run.first + t) * row_size, mixed_.data(), row_size);
    }
  }
  return {};
}

// All heads of a block of rows before the next block: memory then passes by in its own order.
void Attention::attend_few(const Few& item, std::size_t first_head, std::size_t last_head,
                           const Rows& rows) const {
  const AttentionRun& run = item.run;
  const std::size_t width = kv_heads_ * dim_;
  const auto at = [&](std::size_t head) { return head * kv_heads_ / heads_ * dim_; };
  const auto for_blocks = [&](auto&& body) {
    for (std::size_t begin = 0; begin < run.past; begin += kBlockRows) {
      const std::size_t count = std::min(kBlockRows, run.past - begin);
      for (std::size_t head = first_head; head < last_head; ++head) body(head, begin, count);
    }
  };
  const float* keys = rows.keys + run.first * width;
  const float* values = rows.values + run.first * width;
  for (std::size_t t = 0; t < run.count; ++t) {
    const float* query = rows.queries + (run.first + t) * heads_ * dim_;
    float* out = rows.out + (run.first + t) * heads_ * dim_;
    float* past_scores = item.past_scores + t * heads_ * run.past;
    float* own_scores = item.own_scores + t * heads_ * run.count;
    if (!item.scored) {
      for_blocks([&](std::size_t head, std::size_t begin, std::size_t count) {
        kernels_.scores(query + head * dim_, run.past_keys + begin * width + at(head), width, count,
                        dim_, past_scores + head * run.past + begin);
      });
    }
    for (std::size_t head = first_head; head < last_head; ++head) {
      float* past = past_scores + head * run.past;
      float* own = own_scores + head * run.count;
      kernels_.scores(query + head * dim_, keys + at(head), width, t + 1, dim_, own);
      if (run.drops) hide_dropped(past, run.past);
      float most = kernels_.maximum(own, t + 1);
      if (run.past > 0) most = std::max(most, kernels_.maximum(past, run.past));
      float sum = kernels_.exp_sum(past, run.past, most, factor_);
      sum += kernels_.exp_sum(own, t + 1, most, factor_);
      kernels_.scale(past, run.past, 1 / sum);
      kernels_.scale(own, t + 1, 1 / sum);
    }
    std::fill(out + first_head * dim_, out + last_head * dim_, 0.0F);
    if (!item.mixes) {
      for_blocks([&](std::size_t head, std::size_t begin, std::size_t count) {
        kernels_.mix(past_scores + head * run.past + begin,
                     run.past_values + begin * width + at(head), width, count, dim_,
                     out + head * dim_);
      });
    }
    for (std::size_t head = first_head; head < last_head; ++head) {
      kernels_.mix(own_scores + head * run.count, values + at(head), width, t + 1, dim_,
                   out + head * dim_);
    }
  }
}

Status Attention::apply_many(const AttentionRun& given, const Rows& rows) {
  AttentionRun run = given;
  const std::size_t width = kv_heads_ * dim_;
  if (run.past_keys == nullptr) {
    HOLO_ASSIGN(run.past_keys, rows_of(*run.keys, run.past, width, past_keys_));
    run.drops = any_dropped(run.past_keys, run.past, width);
  }
  if (run.past_values == nullptr) {
    HOLO_ASSIGN(run.past_values, rows_of(*run.values, run.past, width, past_values_));
  }
  const std::size_t total = run.past + run.count;
  packed_keys_.resize(kv_heads_ * panels_of(total) * kPanel * dim_);
  packed_values_.resize(kv_heads_ * panels_of(dim_) * kPanel * total);
  parallel_for(job_, kv_heads_,
               [&](std::size_t kv_head, std::uint32_t) { pack_many(kv_head, run, rows); });
  const std::size_t blocks = (run.count + kQueryBlock - 1) / kQueryBlock;
  parallel_for(job_, heads_ * blocks, [&](std::size_t i, std::uint32_t worker) {
    // The last blocks see the most rows: they come first, so that the loop ends evenly.
    const std::size_t block = blocks - 1 - i / heads_;
    const std::size_t begin = block * kQueryBlock;
    attend_many(i % heads_, begin, std::min(run.count, begin + kQueryBlock), run, rows,
                scratch_[worker]);
  });
  return {};
}

void Attention::pack_many(std::size_t kv_head, const AttentionRun& run, const Rows& rows) {
  const std::size_t width = kv_heads_ * dim_;
  const std::size_t total = run.past + run.count;
  const auto row_of = [&](const float* past, const float* own, std::size_t position) {
    const float* row = position < run.past ? past + position * width
                                           : own + (run.first + position - run.past) * width;
    return row + kv_head * dim_;
  };
  float* keys = packed_keys_.data() + kv_head * panels_of(total) * kPanel * dim_;
  const std::vector<float> beyond(dim_);
  for (std::size_t panel = 0; panel < panels_of(total); ++panel) {
    std::array<const float*, kPanel> from{};
    for (std::size_t i = 0; i < kPanel; ++i) {
      const std::size_t p = panel * kPanel + i;
      from[i] = p < total ? row_of(run.past_keys, rows.keys, p) : beyond.data();
    }
    for (std::size_t d = 0; d < dim_; ++d) {
      for (std::size_t i = 0; i < kPanel; ++i) *keys++ = from[i][d];
    }
  }
  float* values = packed_values_.data() + kv_head * panels_of(dim_) * kPanel * total;
  for (std::size_t p = 0; p < total; ++p) {
    const float* row = row_of(run.past_values, rows.values, p);
    for (std::size_t panel = 0; panel < panels_of(dim_); ++panel) {
      float* to = values + (panel * total + p) * kPanel;
      const std::size_t width = std::min(kPanel, dim_ - panel * kPanel);
      std::copy_n(row + panel * kPanel, width, to);
      std::fill(to + width, to + kPanel, 0.0F);
    }
  }
}

void Attention::attend_many(std::size_t head, std::size_t begin, std::size_t end,
                            const AttentionRun& run, const Rows& rows,
                            std::vector<float>& scratch) const {
  const std::size_t total = run.past + run.count;
  const std::size_t kv_head = head * kv_heads_ / heads_;
  const std::size_t seen = run.past + end;  // by the last row
  const std::size_t stride = panels_of(seen) * kPanel;
  const std::size_t height = kernels_.tile_rows;
  scratch.resize(kQueryBlock * (stride + kPanel) + height * dim_);
  float* scores = scratch.data();
  float* narrow = scores + kQueryBlock * stride;
  float* packed = narrow + kQueryBlock * kPanel;
  const auto row_at = [&](std::size_t t) { return ((run.first + t) * heads_ + head) * dim_; };

  const float* keys = packed_keys_.data() + kv_head * panels_of(total) * kPanel * dim_;
  for (std::size_t t = begin; t < end; t += height) {
    const std::size_t count = std::min(height, end - t);
    for (std::size_t r = 0; r < height; ++r) {
      const float* query = rows.queries + row_at(t + std::min(r, count - 1));
      for (std::size_t d = 0; d < dim_; ++d) packed[d * height + r] = query[d];
    }
    for (std::size_t panel = 0; panel < stride / kPanel; ++panel) {
      kernels_.tile(keys + panel * dim_ * kPanel, dim_, packed, count, {},
                    scores + (t - begin) * stride + panel * kPanel, stride);
    }
  }
  for (std::size_t t = begin; t < end; ++t) {
    float* row = scores + (t - begin) * stride;
    const std::size_t visible = run.past + t + 1;
    if (run.drops) hide_dropped(row, run.past);
    const float most = kernels_.maximum(row, visible);
    kernels_.scale(row, visible, 1 / kernels_.exp_sum(row, visible, most, factor_));
    std::fill(row + visible, row + stride, 0.0F);
  }
  const std::size_t out_stride = heads_ * dim_;
  for (std::size_t panel = 0; panel < panels_of(dim_); ++panel) {
    const std::size_t d0 = panel * kPanel;
    const float* values =
        packed_values_.data() + (kv_head * panels_of(dim_) + panel) * total * kPanel;
    float* out = rows.out + row_at(begin) + d0;
    if (d0 + kPanel <= dim_) {
      kernels_.product_f32(values, seen, scores, stride, end - begin, {}, out, out_stride);
      continue;
    }
    kernels_.product_f32(values, seen, scores, stride, end - begin, {}, narrow, kPanel);
    for (std::size_t t = 0; t < end - begin; ++t) {
      std::copy_n(narrow + t * kPanel, dim_ - d0, out + t * out_stride);
    }
  }
}

}  // namespace holo::lm
