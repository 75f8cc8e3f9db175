// Rows of one element type, one after the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <holo/kv_cache.hpp>

#include "plugins/kv-common/heads.hpp"
#include "plugins/kv-common/kernels.hpp"

namespace holo::kv {

template <class Element>
class FloatRows {
 public:
  explicit FloatRows(std::size_t width) : width_(width) {}

  [[nodiscard]] std::size_t count() const { return values_.size() / width_; }
  [[nodiscard]] std::size_t bytes() const { return values_.size() * sizeof(Element); }
  [[nodiscard]] const Element* row(std::size_t index) const {
    return values_.data() + index * width_;
  }
  void push(const float* row) {
    for (std::size_t x = 0; x < width_; ++x) values_.push_back(from_float<Element>(row[x]));
  }
  // In place of row `index`.
  void put(std::size_t index, const float* row) {
    for (std::size_t x = 0; x < width_; ++x) {
      values_[index * width_ + x] = from_float<Element>(row[x]);
    }
  }
  void read(std::size_t index, float* out) const {
    for (std::size_t x = 0; x < width_; ++x) out[x] = to_float(row(index)[x]);
  }
  void keep(std::size_t rows) { values_.resize(rows * width_); }
  void drop_front(std::size_t rows) {
    values_.erase(values_.begin(), values_.begin() + static_cast<std::ptrdiff_t>(rows * width_));
  }
  void clear() { std::vector<Element>().swap(values_); }
  [[nodiscard]] const std::vector<Element>& values() const { return values_; }
  void assign(std::vector<Element> values) { values_ = std::move(values); }

 private:
  std::size_t width_;
  std::vector<Element> values_;
};

// Rows [first, first + count) of `rows` against every query head; their scores go to columns from
// `column` on.
template <class Element>
void score_into(const RowShape& shape, const FloatRows<Element>& rows, std::size_t first,
                std::size_t count, const ConstMatrix& query, const Matrix& scores,
                std::size_t column) {
  if (count == 0) return;
  const std::size_t sharing = shape.sharing(query.height(), query.width());
  for (std::int64_t h = 0; h < query.height(); ++h) {
    const std::size_t at = static_cast<std::size_t>(h) / sharing * shape.head_dim;
    kernels().rows<Element>().score(query.row(h), rows.row(first) + at, shape.width(), count,
                                    shape.head_dim, scores.row(h) + column);
  }
}

// Adds the rows [first, first + count), weighed by columns of `weights` from `column` on.
template <class Element>
void mix_into(const RowShape& shape, const FloatRows<Element>& rows, std::size_t first,
              std::size_t count, const ConstMatrix& weights, std::size_t column,
              const Matrix& out) {
  if (count == 0) return;
  const std::size_t sharing = shape.sharing(out.height(), out.width());
  for (std::int64_t h = 0; h < out.height(); ++h) {
    const std::size_t at = static_cast<std::size_t>(h) / sharing * shape.head_dim;
    kernels().rows<Element>().mix(weights.row(h) + column, rows.row(first) + at, shape.width(),
                                  count, shape.head_dim, out.row(h));
  }
}

inline void check_rows(const ConstMatrix& rows) {
  for (std::int64_t y = 0; y < rows.height(); ++y) {
    for (std::int64_t x = 0; x < rows.width(); ++x) check_finite(rows.row(y)[x]);
  }
}
inline void clear(const Matrix& out) {
  for (std::int64_t y = 0; y < out.height(); ++y) std::fill_n(out.row(y), out.width(), 0.0F);
}

}  // namespace holo::kv
