// Every row as it came, in one precision.
#pragma once

#include <memory>

#include "plugins/kv-common/float_rows.hpp"
#include "plugins/kv-common/state_chunk.hpp"

namespace holo::kv {

template <class Element>
class FullCache : public KvCache {
 public:
  explicit FullCache(const RowShape& shape) : shape_(shape), rows_(shape.width()) {}

  void append(const ConstMatrix& rows) override {
    check_rows(rows);
    for (std::int64_t y = 0; y < rows.height(); ++y) rows_.push(rows.row(y));
  }
  void materialise(std::uint64_t begin, const Matrix& out) override {
    for (std::int64_t y = 0; y < out.height(); ++y) {
      rows_.read(static_cast<std::size_t>(begin) + static_cast<std::size_t>(y), out.row(y));
    }
  }
  void score(const ConstMatrix& query, const Matrix& scores) override {
    score_into(shape_, rows_, 0, rows_.count(), query, scores, 0);
  }
  void mix(const ConstMatrix& weights, const Matrix& out) override {
    clear(out);
    mix_into(shape_, rows_, 0, rows_.count(), weights, 0, out);
  }
  void trim(std::uint64_t positions) override { rows_.keep(static_cast<std::size_t>(positions)); }
  [[nodiscard]] std::unique_ptr<KvCache> fork() const override {
    return std::make_unique<FullCache>(*this);
  }
  [[nodiscard]] KvBytes bytes() const override { return {rows_.count(), rows_.bytes(), 0}; }
  void reset() override { rows_.clear(); }

  void store(const Sink& sink, std::uint64_t unit) const override {
    StateWriter out;
    out.number(sizeof(Element));
    out.number(shape_.width());
    out.number(rows_.count());
    out.array(rows_.values());
    out.write(sink, kType, unit);
  }
  void restore(const Source& source, std::uint64_t unit) override {
    StateReader in(source, kType, unit);
    in.match(sizeof(Element), "an element size of");
    in.match(shape_.width(), "a row width of");
    const std::uint64_t count = in.number();
    std::vector<Element> values = in.finite<Element>(count, shape_.width());
    in.end();
    rows_.assign(std::move(values));
  }

 private:
  static constexpr std::uint32_t kType = fourcc("full");
  RowShape shape_;
  FloatRows<Element> rows_;
};

}  // namespace holo::kv
