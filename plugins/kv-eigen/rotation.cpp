#include "plugins/kv-eigen/rotation.hpp"

#include <algorithm>
#include <cmath>
#include <holo/error.hpp>

namespace holo::kv_eigen {
namespace {
constexpr std::size_t kTableFloats = std::size_t{1} << 24;
}

Rotation::Rotation(const holo_rope& rope, std::size_t head_dim, std::size_t max_positions)
    : head_dim_(head_dim), pairs_(static_cast<std::size_t>(std::max(rope.dimensions, 0)) / 2) {
  if (rope.struct_size < sizeof(holo_rope) || rope.dimensions < 2 || rope.dimensions % 2 != 0 ||
      pairs_ * 2 > head_dim || !(rope.scale > 0) || rope.inverse_frequencies == nullptr ||
      (rope.layout != HOLO_ROPE_HALVES && rope.layout != HOLO_ROPE_PAIRS)) {
    fail(HOLO_UNSUPPORTED, "kv-eigen: the model's rope is of a kind that it does not know");
  }
  left_step_ = rope.layout == HOLO_ROPE_HALVES ? 1 : 2;
  right_ = rope.layout == HOLO_ROPE_HALVES ? pairs_ : 1;
  scale_ = rope.scale;
  frequencies_.assign(rope.inverse_frequencies, rope.inverse_frequencies + pairs_);
  positions_ = std::min(max_positions, kTableFloats / (2 * pairs_));
  table_.reserve(positions_ * 2 * pairs_);
  for (std::size_t p = 0; p < positions_; ++p) {
    for (const double frequency : frequencies_) {
      table_.push_back(static_cast<float>(std::cos(static_cast<double>(p) * frequency)));
      table_.push_back(static_cast<float>(std::sin(static_cast<double>(p) * frequency)));
    }
  }
}

template <bool kBack>
void Rotation::apply(float* rows, std::size_t width, std::size_t step, std::uint64_t first,
                     std::size_t count) const {
  const auto scale = static_cast<float>(kBack ? 1 / scale_ : scale_);
  std::vector<float> beyond;
  for (std::size_t r = 0; r < count; ++r, rows += step) {
    const std::uint64_t position = first + r;
    const float* turns = table_.data() + position * 2 * pairs_;
    if (position >= positions_) {
      beyond.clear();
      for (const double frequency : frequencies_) {
        const double angle = static_cast<double>(position) * frequency;
        beyond.push_back(static_cast<float>(std::cos(angle)));
        beyond.push_back(static_cast<float>(std::sin(angle)));
      }
      turns = beyond.data();
    }
    for (std::size_t head = 0; head < width; head += head_dim_) {
      for (std::size_t i = 0; i < pairs_; ++i) {
        float& x = rows[head + i * left_step_];
        float& y = rows[head + i * left_step_ + right_];
        const float cosine = scale * turns[2 * i];
        const float sine = kBack ? -scale * turns[2 * i + 1] : scale * turns[2 * i + 1];
        const float turned = x * cosine - y * sine;
        y = x * sine + y * cosine;
        x = turned;
      }
    }
  }
}

void Rotation::turn(float* rows, std::size_t width, std::size_t step, std::uint64_t first,
                    std::size_t count) const {
  apply<false>(rows, width, step, first, count);
}
void Rotation::turn_back(float* rows, std::size_t width, std::size_t step, std::uint64_t first,
                         std::size_t count) const {
  apply<true>(rows, width, step, first, count);
}

}  // namespace holo::kv_eigen
