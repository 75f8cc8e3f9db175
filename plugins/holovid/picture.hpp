// Pictures as the codec sees them: up to three planes of 16-bit samples with replicated borders.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace holo::holovid {

inline constexpr int kCtuLog2 = 6;  // largest coding unit, 64 x 64 luma samples
inline constexpr int kCtuSize = 1 << kCtuLog2;
inline constexpr int kCellLog2 = 3;      // smallest coding unit, 8 x 8 luma samples
inline constexpr int kBorder = 80;       // luma samples of replicated border on each side
inline constexpr int kMotionMargin = 8;  // how far past the picture a block may be fetched

// What is coded. `width` and `height` are those of the stream; the coded size is rounded up to 8.
struct Format {
  int width = 0;
  int height = 0;
  int planes = 1;   // 1 or 3
  int depth = 8;    // 1..16
  int shift_x = 0;  // of planes 1 and 2
  int shift_y = 0;

  [[nodiscard]] int coded_width() const { return (width + 7) & ~7; }
  [[nodiscard]] int coded_height() const { return (height + 7) & ~7; }
  [[nodiscard]] int sx(int plane) const { return plane == 0 ? 0 : shift_x; }
  [[nodiscard]] int sy(int plane) const { return plane == 0 ? 0 : shift_y; }
  [[nodiscard]] int plane_width(int plane) const { return (width + sx(plane)) >> sx(plane); }
  [[nodiscard]] int plane_height(int plane) const { return (height + sy(plane)) >> sy(plane); }
  [[nodiscard]] int max_value() const { return (1 << depth) - 1; }
  [[nodiscard]] int bytes_per_sample() const { return depth > 8 ? 2 : 1; }
};

// Rows of samples with a border around them; at(x, y) is defined from -border to size + border - 1.
class Plane {
 public:
  Plane() = default;
  Plane(int width, int height, int border_x, int border_y);

  [[nodiscard]] std::uint16_t* at(int x, int y) { return data_.data() + offset(x, y); }
  [[nodiscard]] const std::uint16_t* at(int x, int y) const { return data_.data() + offset(x, y); }
  [[nodiscard]] int width() const { return width_; }
  [[nodiscard]] int height() const { return height_; }
  [[nodiscard]] int border_x() const { return border_x_; }
  [[nodiscard]] int border_y() const { return border_y_; }
  [[nodiscard]] std::ptrdiff_t stride() const { return stride_; }
  // Repeats the outermost samples into the border.
  void extend_border();

 private:
  [[nodiscard]] std::ptrdiff_t offset(int x, int y) const {
    return (y + border_y_) * stride_ + x + border_x_;
  }
  int width_ = 0;
  int height_ = 0;
  int border_x_ = 0;
  int border_y_ = 0;
  std::ptrdiff_t stride_ = 0;
  std::vector<std::uint16_t> data_;
};

struct Picture {
  Picture() = default;
  explicit Picture(const Format& format);  // planes of the coded size
  std::array<Plane, 3> planes;
};

// Samples of one plane outside the codec: u8 up to 8 bits, else u16.
struct SampleView {
  const void* data = nullptr;
  std::ptrdiff_t stride = 0;  // in samples
};
struct MutableSampleView {
  void* data = nullptr;
  std::ptrdiff_t stride = 0;
};

// Reads a plane of the stream's size, repeating its last column and row up to the coded size.
// Samples above the bit depth's maximum are clipped to it.
void load_plane(const Format& format, int plane, SampleView source, Plane& out);
// Writes the rectangle (x, y, width, height), in samples of this plane.
void store_plane(const Format& format, const Plane& source, int x, int y, int width, int height,
                 MutableSampleView out);

}  // namespace holo::holovid
