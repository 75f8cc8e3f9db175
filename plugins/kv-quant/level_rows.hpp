// Quantised rows: packed levels, and a scale and a minimum for each group of numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <holo/kv_cache.hpp>

#include "plugins/kv-common/heads.hpp"
#include "plugins/kv-common/kernels.hpp"
#include "plugins/kv-common/state_chunk.hpp"

namespace holo::kv {

// A value is minimum + scale * level, level from 0 to 2^bits - 1.
struct Range {
  Half scale;
  Half minimum;
};

struct LevelFormat {
  RowShape shape;
  int bits = 4;              // 2, 3, 4 or 8
  std::size_t group = 32;    // numbers that share a range, a multiple of 8
  bool per_channel = false;  // a group is one channel of `group` positions; else channels of a row

  // Levels of a head, filled up to whole octets.
  [[nodiscard]] std::size_t octets() const { return (shape.head_dim + 7) / 8; }
  [[nodiscard]] std::size_t head_bytes() const { return octets() * static_cast<std::size_t>(bits); }
  [[nodiscard]] std::size_t row_bytes() const { return shape.kv_heads * head_bytes(); }
  // Rows that are quantised together.
  [[nodiscard]] std::size_t block() const { return per_channel ? group : 1; }
  [[nodiscard]] std::size_t groups_of_head() const {
    return per_channel ? octets() * 8 : (octets() * 8 + group - 1) / group;
  }
  [[nodiscard]] std::size_t ranges_of_block() const { return shape.kv_heads * groups_of_head(); }
};

class LevelRows {
 public:
  explicit LevelRows(const LevelFormat& format) : format_(format) {}

  [[nodiscard]] std::size_t count() const { return levels_.size() / format_.row_bytes(); }
  [[nodiscard]] std::size_t bytes() const {
    return levels_.size() + ranges_.size() * sizeof(Range);
  }
  // `rows` is block() rows of shape.width() numbers.
  void push_block(const float* rows);
  void read(std::size_t row, float* out) const;
  void keep_blocks(std::size_t blocks);
  void clear();

  // As KvCache's, into columns from `column` on.
  void score(const ConstMatrix& query, const Matrix& scores, std::size_t column) const;
  void add_mix(const ConstMatrix& weights, std::size_t column, const Matrix& out) const;

  void store(StateWriter& out) const;
  void restore(StateReader& in, std::uint64_t rows);  // rows: a multiple of block()

 private:
  // The range of a group, from its numbers.
  void quantise(const float* values, std::size_t count, Range& range, std::uint8_t* levels) const;
  [[nodiscard]] const Range& range_of(std::size_t row, std::size_t head, std::size_t channel) const;
  void pack(const std::vector<std::uint8_t>& levels);

  LevelFormat format_;
  std::vector<std::uint8_t> levels_;  // row, head, octet
  std::vector<Range> ranges_;         // block, head, group
};

}  // namespace holo::kv
