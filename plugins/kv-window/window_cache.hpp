// The first rows, which attention leans on, and the last ones; those between are dropped.
// Xiao et al., "Efficient streaming language models with attention sinks", arXiv 2309.17453.
#pragma once

#include <algorithm>
#include <limits>
#include <memory>

#include "plugins/kv-common/float_rows.hpp"
#include "plugins/kv-common/state_chunk.hpp"

namespace holo::kv {

template <class Element>
class WindowCache : public KvCache {
 public:
  // `recent` is at least 1.
  WindowCache(const RowShape& shape, bool keys, std::size_t sinks, std::size_t recent)
      : shape_(shape),
        keys_(keys),
        sinks_(sinks),
        recent_(recent),
        first_(shape.width()),
        ring_(shape.width()),
        begin_(sinks) {}

  void append(const ConstMatrix& rows) override {
    check_rows(rows);
    for (std::int64_t y = 0; y < rows.height(); ++y) push(rows.row(y));
  }
  void materialise(std::uint64_t begin, const Matrix& out) override {
    const float dropped = keys_ ? std::numeric_limits<float>::quiet_NaN() : 0.0F;
    for (std::int64_t y = 0; y < out.height(); ++y) {
      const std::size_t p = static_cast<std::size_t>(begin) + static_cast<std::size_t>(y);
      if (p < sinks_) {
        first_.read(p, out.row(y));
      } else if (p >= begin_) {
        ring_.read(slot(p), out.row(y));
      } else {
        std::fill_n(out.row(y), out.width(), dropped);
      }
    }
  }
  void score(const ConstMatrix& query, const Matrix& scores) override {
    score_into(shape_, first_, 0, first_.count(), query, scores, 0);
    for (std::int64_t h = 0; h < query.height() && begin_ > sinks_; ++h) {
      std::fill(scores.row(h) + sinks_, scores.row(h) + begin_,
                -std::numeric_limits<float>::infinity());
    }
    for_each_run([&](std::size_t from, std::size_t count, std::size_t position) {
      score_into(shape_, ring_, from, count, query, scores, position);
    });
  }
  void mix(const ConstMatrix& weights, const Matrix& out) override {
    clear(out);
    mix_into(shape_, first_, 0, first_.count(), weights, 0, out);
    for_each_run([&](std::size_t from, std::size_t count, std::size_t position) {
      mix_into(shape_, ring_, from, count, weights, position, out);
    });
  }
  // Rows that were dropped stay dropped: the window does not grow backwards.
  void trim(std::uint64_t positions) override {
    positions_ = static_cast<std::size_t>(positions);
    first_.keep(std::min(first_.count(), positions_));
    const std::size_t past_sinks = positions_ > sinks_ ? positions_ - sinks_ : 0;
    if (begin_ == sinks_) {
      ring_.keep(std::min(ring_.count(), past_sinks));
    } else if (positions_ <= sinks_) {
      ring_.clear();
      begin_ = sinks_;
    } else {
      begin_ = std::min(begin_, positions_);
    }
  }
  [[nodiscard]] std::unique_ptr<KvCache> fork() const override {
    return std::make_unique<WindowCache>(*this);
  }
  [[nodiscard]] KvBytes bytes() const override {
    return {positions_, first_.bytes() + ring_.bytes(), 0};
  }
  void reset() override {
    first_.clear();
    ring_.clear();
    positions_ = 0;
    begin_ = sinks_;
  }

  void store(const Sink& sink, std::uint64_t unit) const override {
    StateWriter out;
    out.number(sizeof(Element));
    out.number(shape_.width());
    out.number(sinks_);
    out.number(recent_);
    out.number(positions_);
    out.number(begin_);
    out.number(ring_.count());
    out.array(first_.values());
    out.array(ring_.values());
    out.write(sink, kType, unit);
  }
  void restore(const Source& source, std::uint64_t unit) override {
    StateReader in(source, kType, unit);
    in.match(sizeof(Element), "an element size of");
    in.match(shape_.width(), "a row width of");
    in.match(sinks_, "sinks");
    in.match(recent_, "recent rows");
    const std::uint64_t positions = in.number();
    const std::uint64_t begin = in.number();
    const std::uint64_t in_ring = in.number();
    const std::uint64_t past_sinks = positions > sinks_ ? positions - sinks_ : 0;
    // While nothing was dropped the ring holds all rows past the sinks; then it is full.
    const bool whole = begin == sinks_ && in_ring == past_sinks && past_sinks <= recent_;
    const bool wrapped = begin > sinks_ && begin <= positions && in_ring == recent_ &&
                         positions - begin <= recent_ && positions < (std::uint64_t{1} << 48);
    if (!whole && !wrapped) {
      throw Failure(HOLO_CORRUPT, "the counts of the stored cache contradict each other");
    }
    const std::uint64_t at_start = std::min<std::uint64_t>(positions, sinks_);
    auto first = in.finite<Element>(at_start, shape_.width());
    auto ring = in.finite<Element>(in_ring, shape_.width());
    in.end();
    first_.assign(std::move(first));
    ring_.assign(std::move(ring));
    positions_ = static_cast<std::size_t>(positions);
    begin_ = static_cast<std::size_t>(begin);
  }

 private:
  static constexpr std::uint32_t kType = fourcc("wind");

  [[nodiscard]] std::size_t slot(std::size_t position) const {
    return (position - sinks_) % recent_;
  }
  void push(const float* row) {
    if (positions_ < sinks_) {
      first_.push(row);
    } else if (slot(positions_) < ring_.count()) {
      ring_.put(slot(positions_), row);
    } else {
      ring_.push(row);
    }
    ++positions_;
    if (positions_ > recent_) begin_ = std::max(begin_, positions_ - recent_);
  }
  // visit(first slot, slots, position of the first), in at most two pieces.
  template <class Visit>
  void for_each_run(Visit&& visit) const {
    for (std::size_t p = begin_; p < positions_;) {
      const std::size_t count = std::min(recent_ - slot(p), positions_ - p);
      visit(slot(p), count, p);
      p += count;
    }
  }

  RowShape shape_;
  bool keys_;
  std::size_t sinks_;
  std::size_t recent_;
  FloatRows<Element> first_;
  FloatRows<Element> ring_;  // position p lies in slot (p - sinks) % recent
  std::size_t positions_ = 0;
  std::size_t begin_;  // of the window; positions from sinks to here are dropped
};

}  // namespace holo::kv
