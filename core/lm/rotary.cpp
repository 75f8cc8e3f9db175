// Angles in double, products in float.
#include "core/lm/rotary.hpp"

#include <algorithm>
#include <cmath>

namespace holo::lm {

void Rotary::prepare(std::span<const std::size_t> positions) {
  const std::size_t pairs = rope_.inverse_frequencies.size();
  const auto [low, high] = std::minmax_element(positions.begin(), positions.end());
  if (*low >= first_ && *high < first_ + count_) return;
  first_ = *low;
  // Some ahead, for the tokens to come.
  count_ = *high + 64 - first_;
  cosines_.resize(count_ * pairs);
  sines_.resize(count_ * pairs);
  for (std::size_t p = 0; p < count_; ++p) {
    for (std::size_t i = 0; i < pairs; ++i) {
      // The angle as the reference implementation has it: a product of floats.
      const float angle = static_cast<float>(first_ + p) * rope_.inverse_frequencies[i];
      const double precise = angle;
      cosines_[p * pairs + i] = static_cast<float>(std::cos(precise) * rope_.scale);
      sines_[p * pairs + i] = static_cast<float>(std::sin(precise) * rope_.scale);
    }
  }
}

void Rotary::turn(float* row, std::size_t heads, std::size_t head_dim, std::size_t position) const {
  const std::size_t pairs = rope_.inverse_frequencies.size();
  const float* cosine = cosines_.data() + (position - first_) * pairs;
  const float* sine = sines_.data() + (position - first_) * pairs;
  for (std::size_t head = 0; head < heads; ++head, row += head_dim) {
    for (std::size_t i = 0; i < pairs; ++i) {
      const float a = row[i];
      const float b = row[i + pairs];
      row[i] = a * cosine[i] - b * sine[i];
      row[i + pairs] = b * cosine[i] + a * sine[i];
    }
  }
}

}  // namespace holo::lm
