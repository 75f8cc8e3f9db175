// Sinks, quantised rows, then the rows that are not quantised yet: exact ones are f16.
//
// Keys share a range by channel over a block of positions, values by position over channels of a
// head. Liu et al., "KIVI", arXiv 2402.02750.
#pragma once

#include <memory>
#include <vector>

#include "plugins/kv-common/float_rows.hpp"
#include "plugins/kv-quant/level_rows.hpp"

namespace holo::kv {

struct QuantOptions {
  LevelFormat format;
  std::size_t sinks = 4;
  std::size_t recent = 0;  // last rows that stay exact
  bool rotate = true;      // heads, before they are quantised
};

class QuantCache : public KvCache {
 public:
  explicit QuantCache(const QuantOptions& options);

  void append(const ConstMatrix& rows) override;
  void materialise(std::uint64_t begin, const Matrix& out) override;
  void score(const ConstMatrix& query, const Matrix& scores) override;
  void mix(const ConstMatrix& weights, const Matrix& out) override;
  // A block that is cut goes on as exact rows of what was decoded.
  void trim(std::uint64_t positions) override;
  [[nodiscard]] std::unique_ptr<KvCache> fork() const override {
    return std::make_unique<QuantCache>(*this);
  }
  [[nodiscard]] KvBytes bytes() const override;
  void reset() override;
  void store(const Sink& sink, std::uint64_t unit) const override;
  void restore(const Source& source, std::uint64_t unit) override;

 private:
  void quantise_old_rows();
  void read_quantised(std::size_t row, float* out) const;

  QuantOptions options_;
  FloatRows<Half> sinks_;
  LevelRows coded_;
  FloatRows<Half> tail_;
};

}  // namespace holo::kv
