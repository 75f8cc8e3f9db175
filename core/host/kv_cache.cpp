// The cache of one site and one sequence: kept plainly in f32, or by a patch.
#include "core/host/kv_cache.hpp"

#include <algorithm>
#include <utility>

#include "core/host/kv_rows.hpp"

namespace holo::host {
namespace {

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
  [[nodiscard]] const float* rows() const override { return rows_.data(); }

 private:
  KvShape shape_;
  std::vector<float> rows_;
};

class RecomputedCache final : public KvCache {
 public:
  explicit RecomputedCache(const KvShape& shape) : width_(shape.width()) {}
  Status append(std::span<const float> rows) override {
    positions_ += rows.size() / width_;
    return {};
  }
  Status materialise(std::uint64_t, std::span<float>) override { return no_rows(); }
  Status score(std::span<const float>, std::span<float>) override { return no_rows(); }
  Status mix(std::span<const float>, std::span<float>) override { return no_rows(); }
  Status trim(std::uint64_t positions) override {
    if (positions > positions_) return past_end(positions, positions_);
    positions_ = positions;
    return {};
  }
  Status reset() override {
    positions_ = 0;
    return {};
  }
  Result<std::unique_ptr<KvCache>> fork() override {
    return std::unique_ptr<KvCache>(std::make_unique<RecomputedCache>(*this));
  }
  Result<holo_kv_bytes> bytes() override {
    return holo_kv_bytes{sizeof(holo_kv_bytes), 0, positions_, 0, 0};
  }
  [[nodiscard]] std::uint64_t positions() const override { return positions_; }
  [[nodiscard]] bool keeps_rows() const override { return false; }

 private:
  static Error no_rows() {
    return make_error(HOLO_INTERNAL, "rows of a recomputed cache were asked for");
  }
  std::size_t width_;
  std::uint64_t positions_ = 0;
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

std::unique_ptr<KvCache> recomputed_cache(const KvShape& shape) {
  return std::make_unique<RecomputedCache>(shape);
}

}  // namespace holo::host
