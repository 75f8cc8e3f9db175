// Rotary position embedding, layout HOLO_ROPE_HALVES. Su et al., arXiv 2104.09864.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/lm/config.hpp"

namespace holo::lm {

class Rotary {
 public:
  explicit Rotary(const Rope& rope) : rope_(rope) {}  // outlives this
  // Computes the angles of positions; turn() takes only these.
  void prepare(std::span<const std::size_t> positions);
  // Turns the heads of one row.
  void turn(float* row, std::size_t heads, std::size_t head_dim, std::size_t position) const;

 private:
  const Rope& rope_;
  // {position - first, pair}: cosine and sine.
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::vector<float> cosines_;
  std::vector<float> sines_;
};

}  // namespace holo::lm
