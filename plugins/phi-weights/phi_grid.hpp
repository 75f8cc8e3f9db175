// The grid of signed powers of the golden ratio, and the cells that deviations divide.
// spec.md defines every number here; all are IEEE doubles computed in the order written there.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace phi_weights {

inline constexpr double kPhi = 1.6180339887498949;
inline constexpr int kMaxDeviationBits = 12;

// Codes are (index << deviation_bits) | deviation. Index 0 is the zero level, 1..K are +phi^0 ..
// +phi^-(K-1), K+1..2K the same with minus, where K = levels / 2 - 1; index levels - 1 is unused.
class PhiGrid {
 public:
  // index_bits is 5 or 6, deviation_bits 0..kMaxDeviationBits; the caller has checked.
  PhiGrid(int index_bits, int deviation_bits);

  [[nodiscard]] int index_bits() const { return index_bits_; }
  [[nodiscard]] int deviation_bits() const { return deviation_bits_; }
  [[nodiscard]] int code_bits() const { return index_bits_ + deviation_bits_; }
  // The code of x in -1..1, so that value(code) is near x: the nearest level, then the part of
  // its cell that holds x.
  [[nodiscard]] std::uint32_t code(double x) const;
  // What a code stands for, to be multiplied with the scale. Any code below 1 << code_bits().
  [[nodiscard]] double value(std::uint32_t code) const { return values_[code]; }
  [[nodiscard]] bool used(std::uint32_t code) const { return code < used_codes_; }

 private:
  [[nodiscard]] double value_in_cell(int index, std::uint32_t deviation) const;

  int index_bits_;
  int deviation_bits_;
  int magnitudes_;  // K
  std::uint32_t used_codes_;
  std::array<double, 32> levels_{};  // phi^-k
  std::array<double, 33> edges_{};   // cell k is edges_[k + 1] .. edges_[k]
  std::vector<double> values_;
};

}  // namespace phi_weights
