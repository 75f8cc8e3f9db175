// Levels by repeated division, edges half way between neighbours, one table entry per code.
#include "plugins/phi-weights/phi_grid.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace phi_weights {

PhiGrid::PhiGrid(int index_bits, int deviation_bits)
    : index_bits_(index_bits),
      deviation_bits_(deviation_bits),
      magnitudes_((1 << index_bits) / 2 - 1),
      used_codes_(static_cast<std::uint32_t>(2 * magnitudes_ + 1) << deviation_bits),
      values_(std::size_t{1} << (index_bits + deviation_bits), 0.0) {
  const auto count = static_cast<std::size_t>(magnitudes_);
  levels_[0] = 1;
  for (std::size_t k = 1; k < count; ++k) levels_[k] = levels_[k - 1] / kPhi;
  edges_[0] = 1;
  for (std::size_t k = 1; k < count; ++k) edges_[k] = (levels_[k - 1] + levels_[k]) * 0.5;
  edges_[count] = levels_[count - 1] * 0.5;
  for (std::uint32_t code = 0; code < used_codes_; ++code) {
    const auto index = static_cast<int>(code >> deviation_bits_);
    values_[code] = value_in_cell(index, code & ((1u << deviation_bits_) - 1u));
  }
}

double PhiGrid::value_in_cell(int index, std::uint32_t deviation) const {
  const double part = std::ldexp(1.0, -deviation_bits_);
  if (index == 0) {
    if (deviation_bits_ == 0) return 0;
    const double steps = static_cast<double>(deviation) - std::ldexp(1.0, deviation_bits_ - 1);
    return steps * (levels_[static_cast<std::size_t>(magnitudes_) - 1] * part);
  }
  const bool negative = index > magnitudes_;
  const auto k = static_cast<std::size_t>(negative ? index - magnitudes_ - 1 : index - 1);
  double magnitude = levels_[k];
  if (deviation_bits_ > 0) {
    const double width = edges_[k] - edges_[k + 1];
    magnitude = edges_[k + 1] + width * ((static_cast<double>(deviation) + 0.5) * part);
  }
  return negative ? -magnitude : magnitude;
}

std::uint32_t PhiGrid::code(double x) const {
  const double magnitude = std::min(std::fabs(x), 1.0);
  const auto count = static_cast<std::size_t>(magnitudes_);
  const double parts = std::ldexp(1.0, deviation_bits_);
  const double last = parts - 1;
  if (magnitude < edges_[count] || x == -edges_[count]) {
    const double steps = std::floor(x / levels_[count - 1] * parts + 0.5) + std::floor(parts / 2);
    return static_cast<std::uint32_t>(std::clamp(steps, 0.0, last));
  }
  // The first edge that is not above the magnitude closes its cell from below.
  const auto* const begin = edges_.data() + 1;
  const auto* const lower =
      std::lower_bound(begin, begin + count, magnitude, std::greater<double>());
  const auto k = static_cast<std::size_t>(lower - begin);
  const double inside = (magnitude - edges_[k + 1]) / (edges_[k] - edges_[k + 1]);
  const double deviation = std::clamp(std::floor(inside * parts), 0.0, last);
  const std::size_t index = (x < 0 ? count : 0) + k + 1;
  return (static_cast<std::uint32_t>(index) << deviation_bits_) |
         static_cast<std::uint32_t>(deviation);
}

}  // namespace phi_weights
