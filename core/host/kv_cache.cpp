// The cache of one site and one sequence: kept plainly in f32, or by a patch.
#include "core/host/kv_cache.hpp"

#include <algorithm>
#include <utility>

namespace holo::host {
namespace {

Error past_end(std::uint64_t end, std::uint64_t positions) {
  return make_error(HOLO_INVALID_ARG, "row " + std::to_string(end) + " is past the " +
                                          std::to_string(positions) + " rows of the cache");
}

std::size_t kv_head(const KvShape& shape, std::size_t head) {
  return head * static_cast<std::size_t>(shape.kv_heads) / static_cast<std::size_t>(shape.heads);
}

// The two products over rows in memory.
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

class PlainCache final : public KvCache {
 public:
  explicit PlainCache(const KvShape& shape) : shape_(shape) {}
  Status append(std::span<const float> rows) override {
    rows_.insert(rows_.end(), rows.begin(), rows.end());
    return {};
  }
  Status materialise(std::uint64_t begin, std::span<float> out) override {
    const std::uint64_t end = begin + out.size() / shape_.width();
    if (begin > positions() || end > positions()) return past_end(end, positions());
    std::copy_n(rows_.begin() + static_cast<std::ptrdiff_t>(begin * shape_.width()), out.size(),
                out.begin());
    return {};
  }
  Status score(std::span<const float> query, std::span<float> scores) override {
    score_rows(shape_, rows_, query, scores);
    return {};
  }
  Status mix(std::span<const float> weights, std::span<float> out) override {
    mix_rows(shape_, rows_, weights, out);
    return {};
  }
  Status trim(std::uint64_t positions) override {
    if (positions > this->positions()) return past_end(positions, this->positions());
    rows_.resize(static_cast<std::size_t>(positions) * shape_.width());
    return {};
  }
  Status reset() override {
    rows_.clear();
    return {};
  }
  Result<std::unique_ptr<KvCache>> fork() override {
    return std::unique_ptr<KvCache>(std::make_unique<PlainCache>(*this));
  }
  Result<holo_kv_bytes> bytes() override {
    return holo_kv_bytes{sizeof(holo_kv_bytes), 0, positions(), rows_.size() * sizeof(float), 0};
  }
  [[nodiscard]] std::uint64_t positions() const override { return rows_.size() / shape_.width(); }

 private:
  KvShape shape_;
  std::vector<float> rows_;
};

class OwnedPatchCache final : public PatchCache {
 public:
  OwnedPatchCache(std::shared_ptr<PatchSession> creator, std::shared_ptr<PatchSession> patch,
                  void* cache, const KvShape& shape, std::uint64_t positions)
      : creator_(std::move(creator)),
        patch_(std::move(patch)),
        cache_(cache),
        shape_(shape),
        positions_(positions) {}
  ~OwnedPatchCache() override {
    if (cache_ != nullptr) destroy_instance(callee(), [this] { kv().destroy(cache_); });
  }
  OwnedPatchCache(const OwnedPatchCache&) = delete;
  OwnedPatchCache& operator=(const OwnedPatchCache&) = delete;

  Status append(std::span<const float> rows) override {
    const auto count = static_cast<std::int64_t>(rows.size() / shape_.width());
    const MatrixView view(rows.data(), count, static_cast<std::int64_t>(shape_.width()));
    HOLO_TRY(run("append", [&](holo_error* e) { return kv().append(cache_, view.get(), e); }));
    positions_ += static_cast<std::uint64_t>(count);
    return {};
  }
  Status materialise(std::uint64_t begin, std::span<float> out) override {
    const std::uint64_t end = begin + out.size() / shape_.width();
    if (begin > positions_ || end > positions_) return past_end(end, positions_);
    const MatrixView view(out.data(), static_cast<std::int64_t>(end - begin),
                          static_cast<std::int64_t>(shape_.width()));
    return run("materialise",
               [&](holo_error* e) { return kv().materialise(cache_, begin, end, view.get(), e); });
  }
  Status score(std::span<const float> query, std::span<float> scores) override {
    if (kv().score == nullptr) {
      HOLO_ASSIGN(const std::vector<float> rows, all_rows());
      score_rows(shape_, rows, query, scores);
      return {};
    }
    const MatrixView in(query.data(), shape_.heads, shape_.head_dim);
    const MatrixView out(scores.data(), shape_.heads, static_cast<std::int64_t>(positions_));
    return run("score", [&](holo_error* e) { return kv().score(cache_, in.get(), out.get(), e); });
  }
  Status mix(std::span<const float> weights, std::span<float> out) override {
    if (kv().mix == nullptr) {
      HOLO_ASSIGN(const std::vector<float> rows, all_rows());
      mix_rows(shape_, rows, weights, out);
      return {};
    }
    const MatrixView in(weights.data(), shape_.heads, static_cast<std::int64_t>(positions_));
    const MatrixView to(out.data(), shape_.heads, shape_.head_dim);
    return run("mix", [&](holo_error* e) { return kv().mix(cache_, in.get(), to.get(), e); });
  }
  Status trim(std::uint64_t positions) override {
    if (positions > positions_) return past_end(positions, positions_);
    HOLO_TRY(run("trim", [&](holo_error* e) { return kv().trim(cache_, positions, e); }));
    positions_ = positions;
    return {};
  }
  Status reset() override {
    HOLO_TRY(run("reset", [&](holo_error* e) { return kv().reset(cache_, e); }));
    positions_ = 0;
    return {};
  }
  Result<std::unique_ptr<KvCache>> fork() override {
    void* copy = nullptr;
    HOLO_TRY(run("fork", [&](holo_error* e) { return kv().fork(cache_, &copy, e); }));
    if (copy == nullptr) return make_error(HOLO_INTERNAL, callee().name() + ": fork gave NULL");
    return std::unique_ptr<KvCache>(
        std::make_unique<OwnedPatchCache>(creator_, patch_, copy, shape_, positions_));
  }
  Result<holo_kv_bytes> bytes() override {
    holo_kv_bytes result{};
    result.struct_size = sizeof(result);
    HOLO_TRY(run("bytes", [&](holo_error* e) { return kv().bytes(cache_, &result, e); }));
    if (result.positions != positions_) {
      return make_error(HOLO_INTERNAL,
                        callee().name() + ": bytes says " + std::to_string(result.positions) +
                            " rows, the host has given it " + std::to_string(positions_));
    }
    return result;
  }
  [[nodiscard]] std::uint64_t positions() const override { return positions_; }
  [[nodiscard]] const Callee& callee() const override { return patch_->callee(); }
  std::unique_ptr<KvCache> hand_over(std::shared_ptr<PatchSession> to) override {
    return std::make_unique<OwnedPatchCache>(creator_, std::move(to),
                                             std::exchange(cache_, nullptr), shape_, positions_);
  }

 private:
  [[nodiscard]] const holo_kv_strategy& kv() const { return *patch_->kv(); }
  template <class Call>
  Status run(std::string_view what, Call&& call) {
    return call_plugin(callee(), what, -1, std::forward<Call>(call));
  }
  Result<std::vector<float>> all_rows() {
    std::vector<float> rows(static_cast<std::size_t>(positions_) * shape_.width());
    HOLO_TRY(materialise(0, rows));
    return rows;
  }

  // A cache that was handed over may still refer to the patch that made it.
  std::shared_ptr<PatchSession> creator_;
  std::shared_ptr<PatchSession> patch_;
  void* cache_;
  KvShape shape_;
  std::uint64_t positions_;
};

}  // namespace

MatrixView::MatrixView(const float* data, std::int64_t rows, std::int64_t columns)
    : shape_{rows, columns}, strides_{columns, 1} {
  tensor_.data = const_cast<float*>(data);
  tensor_.device = {kDLCPU, 0};
  tensor_.ndim = 2;
  tensor_.dtype = {kDLFloat, 32, 1};
  tensor_.shape = shape_;
  tensor_.strides = strides_;
}

std::unique_ptr<KvCache> plain_cache(const KvShape& shape) {
  return std::make_unique<PlainCache>(shape);
}

Result<std::unique_ptr<KvCache>> patch_cache(const std::shared_ptr<PatchSession>& patch,
                                             const Site& site, const KvShape& shape) {
  void* cache = nullptr;
  const holo_site view = site.view();
  HOLO_TRY(call_plugin(patch->callee(), "create cache", -1, [&](holo_error* error) -> holo_status {
    return patch->kv()->create(patch->self(), &view, &cache, error);
  }));
  if (cache == nullptr) {
    return make_error(HOLO_INTERNAL, patch->callee().name() + ": create cache gave NULL");
  }
  return std::unique_ptr<KvCache>(std::make_unique<OwnedPatchCache>(patch, patch, cache, shape, 0));
}

}  // namespace holo::host
