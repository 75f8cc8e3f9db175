// Rotary position embedding of rows of keys, and its inverse.
#pragma once

#include <cstdint>
#include <vector>

#include <holo/abi/model_patch.h>

namespace holo::kv_eigen {

class Rotation {
 public:
  // Throws UNSUPPORTED for a rope that does not fit the heads.
  Rotation(const holo_rope& rope, std::size_t head_dim, std::size_t max_positions);
  // Rows {count, width} of positions first, first + 1, ..; width is a multiple of head_dim.
  void turn(float* rows, std::size_t width, std::size_t step, std::uint64_t first,
            std::size_t count) const;
  void turn_back(float* rows, std::size_t width, std::size_t step, std::uint64_t first,
                 std::size_t count) const;

 private:
  template <bool kBack>
  void apply(float* rows, std::size_t width, std::size_t step, std::uint64_t first,
             std::size_t count) const;
  std::size_t head_dim_;
  std::size_t pairs_;
  std::size_t left_step_;  // from one pair's first dimension to the next pair's
  std::size_t right_;      // from a pair's first dimension to its second
  std::size_t positions_;  // in the table
  double scale_;
  std::vector<double> frequencies_;
  std::vector<float> table_;  // cos and sin of each position and pair
};

}  // namespace holo::kv_eigen
