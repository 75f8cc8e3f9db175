// Rotary position embedding as holo_rope describes it: turning rows of keys, and turning them back.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include <holo/abi/model_patch.h>
#include <holo/error.hpp>

namespace holo {

// An owned copy of a holo_rope, for a row of kv_heads heads of head_dim numbers.
class Rope {
 public:
  Rope() = default;  // turns nothing
  // `rope` may be NULL.
  Rope(const holo_rope* rope, std::int32_t kv_heads, std::int32_t head_dim)
      : heads_(kv_heads), head_dim_(head_dim) {
    if (rope == nullptr) return;
    if (!HOLO_HAS(rope, holo_rope, inverse_frequencies) || rope->inverse_frequencies == nullptr ||
        rope->dimensions < 2 || rope->dimensions % 2 != 0 || rope->dimensions > head_dim ||
        !(rope->scale > 0) ||
        (rope->layout != HOLO_ROPE_HALVES && rope->layout != HOLO_ROPE_PAIRS)) {
      throw Failure(HOLO_INVALID_ARG,
                    "the rotary embedding of the model is not one of version 1.2");
    }
    scale_ = rope->scale;
    pairs_ = rope->dimensions / 2;
    step_ = rope->layout == HOLO_ROPE_PAIRS ? 2 : 1;
    partner_ = rope->layout == HOLO_ROPE_PAIRS ? 1 : pairs_;
    frequencies_.assign(rope->inverse_frequencies, rope->inverse_frequencies + pairs_);
  }

  [[nodiscard]] bool turns() const { return pairs_ > 0; }
  // Turns the row of position `position` in place, as the model does.
  void rotate(float* row, std::uint64_t position) const { turn(row, position, 1, scale_); }
  // The inverse.
  void unrotate(float* row, std::uint64_t position) const { turn(row, position, -1, 1 / scale_); }

 private:
  void turn(float* row, std::uint64_t position, double direction, double scale) const {
    for (std::int32_t i = 0; i < pairs_; ++i) {
      const double angle = static_cast<double>(position) * static_cast<double>(frequencies_[i]);
      const auto cosine = static_cast<float>(scale * std::cos(angle));
      const auto sine = static_cast<float>(direction * scale * std::sin(angle));
      for (std::int32_t h = 0; h < heads_; ++h) {
        float* x = row + static_cast<std::int64_t>(h) * head_dim_ + i * step_;
        float* y = x + partner_;
        const float a = *x;
        const float b = *y;
        *x = a * cosine - b * sine;
        *y = a * sine + b * cosine;
      }
    }
  }

  std::int32_t heads_ = 0;
  std::int32_t head_dim_ = 0;
  std::int32_t pairs_ = 0;
  std::int32_t step_ = 1;
  std::int32_t partner_ = 0;
  double scale_ = 1;
  std::vector<float> frequencies_;
};

}  // namespace holo
