// KvCache: the keys or values of one layer, and the functions of holo_kv_strategy over it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <holo/abi/model_patch.h>
#include <holo/chunks.hpp>
#include <holo/error.hpp>
#include <holo/factory.hpp>
#include <holo/unit.hpp>

namespace holo {

using Matrix = Plane<float>;             // rows of f32
using ConstMatrix = Plane<const float>;  // the same, to read

struct KvBytes {
  std::uint64_t positions = 0;  // rows held
  std::uint64_t payload = 0;    // bytes that grow with positions
  std::uint64_t fixed = 0;      // bytes that do not
};

class KvCache;

// What the caches of one text share, for a strategy that codes a site with the help of others or of
// the text. It outlives its caches. Calls on it and on its caches are serialised.
class KvSequence {
 public:
  virtual ~KvSequence() = default;
  virtual std::unique_ptr<KvCache> make_cache(const holo_site& site) = 0;
  // The ids of positions begin..begin + count - 1, before the rows of these positions come. After a
  // trim, positions are told again.
  virtual void tokens(std::uint64_t begin, const std::int32_t* ids, std::uint64_t count) = 0;
  // A sequence for copies of the caches, which follow through KvCache::fork_in.
  [[nodiscard]] virtual std::unique_ptr<KvSequence> fork() const = 0;
};

// One cache: the keys or the values of one layer and one sequence. Rows have
// kv_heads * head_dim columns. Calls are serialised.
class KvCache {
 public:
  virtual ~KvCache() = default;
  virtual void append(const ConstMatrix& rows) = 0;
  // Rows begin..begin+out.height() into `out`; checked to be held.
  virtual void materialise(std::uint64_t begin, const Matrix& out) = 0;
  virtual void trim(std::uint64_t positions) = 0;  // never more than are held
  [[nodiscard]] virtual std::unique_ptr<KvCache> fork() const = 0;
  [[nodiscard]] virtual KvBytes bytes() const = 0;
  virtual void reset() = 0;

  // An independent copy that belongs to `sequence`, which is a fork of this cache's own.
  [[nodiscard]] virtual std::unique_ptr<KvCache> fork_in(KvSequence&) const { return fork(); }
  // Cold storage as chunks of `unit`, and back into an empty cache; only asked of patches whose
  // PatchInfo says `stores`. A source is hostile.
  virtual void store(const Sink&, std::uint64_t) const {
    throw Failure(HOLO_UNSUPPORTED, "this strategy has no storage format of its own");
  }
  virtual void restore(const Source&, std::uint64_t) {
    throw Failure(HOLO_UNSUPPORTED, "this strategy has no storage format of its own");
  }

  // scores {heads, positions} = query {heads, head_dim} . rows, unscaled. Query head h reads key
  // head h / (heads / kv_heads). Overridden where the strategy's own coordinates are cheaper.
  virtual void score(const ConstMatrix& query, const Matrix& scores) {
    for_each_row(query, query.width(), [&](std::int64_t p, std::int64_t h, const float* key) {
      float sum = 0;
      for (std::int64_t d = 0; d < query.width(); ++d) sum += query.at(d, h) * key[d];
      scores.at(p, h) = sum;
    });
  }
  // out {heads, head_dim} = weights {heads, positions} . rows.
  virtual void mix(const ConstMatrix& weights, const Matrix& out) {
    for (std::int64_t h = 0; h < out.height(); ++h) {
      std::fill_n(out.row(h), out.width(), 0.0F);
    }
    for_each_row(weights, out.width(), [&](std::int64_t p, std::int64_t h, const float* value) {
      const float weight = weights.at(p, h);
      for (std::int64_t d = 0; d < out.width(); ++d) out.at(d, h) += weight * value[d];
    });
  }

  // Columns of a row, set by the patch's instance before the first call.
  [[nodiscard]] std::int64_t columns() const { return columns_; }
  void set_columns(std::int64_t columns) { columns_ = columns; }

 private:
  // visit(position, head, that head's part of the row), position by position.
  template <class Visit>
  void for_each_row(const ConstMatrix& heads, std::int64_t head_dim, Visit&& visit) {
    const std::int64_t kv_heads = head_dim > 0 ? columns_ / head_dim : 0;
    const std::int64_t count = heads.height();
    if (kv_heads < 1 || kv_heads * head_dim != columns_ || count % kv_heads != 0) {
      throw Failure(HOLO_INVALID_ARG,
                    "the heads do not divide a row of " + std::to_string(columns_) + " columns");
    }
    const std::int64_t group = count / kv_heads;
    const auto positions = static_cast<std::int64_t>(bytes().positions);
    constexpr std::int64_t kBlock = 64;
    std::vector<float> block(static_cast<std::size_t>(std::min(positions, kBlock) * columns_));
    for (std::int64_t begin = 0; begin < positions; begin += kBlock) {
      const std::int64_t rows = std::min(kBlock, positions - begin);
      const Matrix view(block.data(), columns_, rows, columns_);
      materialise(static_cast<std::uint64_t>(begin), view);
      for (std::int64_t r = 0; r < rows; ++r) {
        for (std::int64_t h = 0; h < count; ++h) {
          visit(begin + r, h, view.row(r) + (h / group) * head_dim);
        }
      }
    }
  }
  std::int64_t columns_ = 0;
};

namespace detail {

template <class T>
Plane<T> checked_matrix(const DLTensor* tensor, const char* what, std::int64_t rows,
                        std::int64_t columns) {
  const Plane<T> matrix = Tensor(tensor).matrix<T>();
  if ((rows >= 0 && matrix.height() != rows) || (columns >= 0 && matrix.width() != columns)) {
    throw Failure(HOLO_INVALID_ARG,
                  std::string(what) + ": expected " + (rows < 0 ? "any" : std::to_string(rows)) +
                      " x " + (columns < 0 ? "any" : std::to_string(columns)) + ", found " +
                      std::to_string(matrix.height()) + " x " + std::to_string(matrix.width()));
  }
  return matrix;
}

// The functions of holo_kv_strategy over KvCache.
struct KvCalls {
  static KvCache& cache(void* c) { return *static_cast<KvCache*>(c); }
  static holo_status append(void* c, const DLTensor* rows, holo_error* error) {
    return guard(error, [&] {
      cache(c).append(checked_matrix<const float>(rows, "rows", -1, cache(c).columns()));
    });
  }
  static holo_status materialise(void* c, std::uint64_t begin, std::uint64_t end,
                                 const DLTensor* out, holo_error* error) {
    return guard(error, [&] {
      const std::uint64_t held = cache(c).bytes().positions;
      if (begin > end || end > held) {
        throw Failure(HOLO_INVALID_ARG, "rows " + std::to_string(begin) + " to " +
                                            std::to_string(end) + " of " + std::to_string(held));
      }
      cache(c).materialise(begin,
                           checked_matrix<float>(out, "out", static_cast<std::int64_t>(end - begin),
                                                 cache(c).columns()));
    });
  }
  static holo_status score(void* c, const DLTensor* query, const DLTensor* scores,
                           holo_error* error) {
    return guard(error, [&] {
      const auto q = checked_matrix<const float>(query, "query", -1, -1);
      const auto held = static_cast<std::int64_t>(cache(c).bytes().positions);
      cache(c).score(q, checked_matrix<float>(scores, "scores", q.height(), held));
    });
  }
  static holo_status mix(void* c, const DLTensor* weights, const DLTensor* out, holo_error* error) {
    return guard(error, [&] {
      const auto held = static_cast<std::int64_t>(cache(c).bytes().positions);
      const auto w = checked_matrix<const float>(weights, "weights", -1, held);
      cache(c).mix(w, checked_matrix<float>(out, "out", w.height(), -1));
    });
  }
  static holo_status trim(void* c, std::uint64_t positions, holo_error* error) {
    return guard(error, [&] {
      const std::uint64_t held = cache(c).bytes().positions;
      if (positions > held) {
        throw Failure(HOLO_INVALID_ARG, "cannot keep " + std::to_string(positions) + " rows of " +
                                            std::to_string(held));
      }
      cache(c).trim(positions);
    });
  }
  static holo_status fork(void* c, void** out, holo_error* error) {
    return guard(error, [&] {
      if (out == nullptr) throw Failure(HOLO_INVALID_ARG, "nowhere to put the copy");
      *out = nullptr;
      std::unique_ptr<KvCache> copy = cache(c).fork();
      copy->set_columns(cache(c).columns());
      *out = copy.release();
    });
  }
  static holo_status bytes(void* c, holo_kv_bytes* out, holo_error* error) {
    return guard(error, [&] {
      if (!HOLO_HAS(out, holo_kv_bytes, fixed)) {
        throw Failure(HOLO_ABI_MISMATCH, "the byte count is shorter than version 1.0");
      }
      const KvBytes bytes = cache(c).bytes();
      out->positions = bytes.positions;
      out->payload = bytes.payload;
      out->fixed = bytes.fixed;
    });
  }
  static holo_status reset(void* c, holo_error* error) {
    return guard(error, [&] { cache(c).reset(); });
  }
  static holo_status store(void* c, const holo_sink* sink, std::uint64_t unit, holo_error* error) {
    return guard(error, [&] { cache(c).store(Sink(sink), unit); });
  }
  static holo_status restore(void* c, const holo_source* source, std::uint64_t unit,
                             holo_error* error) {
    return guard(error, [&] {
      if (cache(c).bytes().positions != 0) {
        throw Failure(HOLO_INVALID_ARG, "a cache is restored while it holds rows");
      }
      cache(c).restore(Source(source), unit);
    });
  }
  static void destroy(void* c) { destroy_instance(static_cast<KvCache*>(c)); }
};

// The sequence functions of holo_kv_strategy over KvSequence.
struct SequenceInstance {
  std::unique_ptr<KvSequence> sequence;
  std::int64_t columns = 0;

  static SequenceInstance& of(void* s) { return *static_cast<SequenceInstance*>(s); }

  static holo_status create_in(void* s, const holo_site* site, void** out, holo_error* error) {
    return guard(error, [&] {
      if (out == nullptr) throw Failure(HOLO_INVALID_ARG, "nowhere to put the cache");
      *out = nullptr;
      if (!HOLO_HAS(site, holo_site, weight)) {
        throw Failure(HOLO_ABI_MISMATCH, "the site is shorter than version 1.0");
      }
      std::unique_ptr<KvCache> cache = of(s).sequence->make_cache(*site);
      cache->set_columns(of(s).columns);
      *out = cache.release();
    });
  }
  static holo_status tokens(void* s, std::uint64_t begin, const std::int32_t* ids,
                            std::uint64_t count, holo_error* error) {
    return guard(error, [&] {
      if (ids == nullptr && count > 0) throw Failure(HOLO_INVALID_ARG, "no token ids");
      of(s).sequence->tokens(begin, ids, count);
    });
  }
  static holo_status fork(void* s, void** out, holo_error* error) {
    return guard(error, [&] {
      if (out == nullptr) throw Failure(HOLO_INVALID_ARG, "nowhere to put the copy");
      *out = nullptr;
      *out = new SequenceInstance{of(s).sequence->fork(), of(s).columns};
    });
  }
  static holo_status fork_in(void* c, void* s, void** out, holo_error* error) {
    return guard(error, [&] {
      if (out == nullptr) throw Failure(HOLO_INVALID_ARG, "nowhere to put the copy");
      *out = nullptr;
      std::unique_ptr<KvCache> copy = KvCalls::cache(c).fork_in(*of(s).sequence);
      copy->set_columns(KvCalls::cache(c).columns());
      *out = copy.release();
    });
  }
  static void end(void* s) { destroy_instance(&of(s)); }
};

}  // namespace detail

}  // namespace holo
