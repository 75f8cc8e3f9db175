// A plane with a border, so that every neighbour of every sample can be read without asking.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace holo::image::lossless {

class PaddedPlane {
 public:
  static constexpr int kSide = 4;   // columns on each side
  static constexpr int kAbove = 3;  // rows
  static constexpr int kBelow = 1;

  PaddedPlane(int width, int height, std::uint16_t start)
      : width_(width),
        height_(height),
        stride_(width + 2 * kSide),
        samples_(std::size_t(stride_) * std::size_t(height + kAbove + kBelow), start) {}

  [[nodiscard]] std::uint16_t* row(int y) { return samples_.data() + offset(y); }
  [[nodiscard]] const std::uint16_t* row(int y) const { return samples_.data() + offset(y); }
  [[nodiscard]] std::ptrdiff_t stride() const { return stride_; }

  // Call before the first sample of a row: left of a row lies the first sample of the row above.
  void begin_row(int y) {
    if (y == 0) return;
    std::uint16_t* here = row(y);
    std::fill(here - kSide, here, row(y - 1)[0]);
  }
  // Call before each sample of the first row: above it lies what is on its left.
  void begin_first_row_sample(int x) {
    const std::uint16_t left = row(0)[x - 1];
    for (int y = -kAbove; y < 0; ++y) std::fill(row(y) + x - kSide, row(y) + x + kSide, left);
  }
  // Call after the last sample of a row, which is repeated on its right; the first and the last row
  // are repeated above and below.
  void end_row(int y) {
    std::uint16_t* here = row(y);
    std::fill(here + width_, here + width_ + kSide, here[width_ - 1]);
    const auto repeat = [&](int to) { std::copy_n(here - kSide, stride_, row(to) - kSide); };
    if (y == 0)
      for (int above = -kAbove; above < 0; ++above) repeat(above);
    if (y == height_ - 1) repeat(height_);
  }

 private:
  [[nodiscard]] std::ptrdiff_t offset(int y) const {
    return std::ptrdiff_t(y + kAbove) * stride_ + kSide;
  }
  int width_;
  int height_;
  std::ptrdiff_t stride_;
  std::vector<std::uint16_t> samples_;
};

}  // namespace holo::image::lossless
