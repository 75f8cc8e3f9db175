// Planes: allocation, borders, and conversion from and to the caller's samples.
#include "plugins/holovid/picture.hpp"

#include <algorithm>

namespace holo::holovid {
namespace {

template <class Sample>
void load_rows(const Format& format, int plane, SampleView source, Plane& out) {
  const int width = format.plane_width(plane);
  const int height = format.plane_height(plane);
  const int max_value = format.max_value();
  const auto* samples = static_cast<const Sample*>(source.data);
  for (int y = 0; y < out.height(); ++y) {
    const Sample* row = samples + std::min(y, height - 1) * source.stride;
    std::uint16_t* to = out.at(0, y);
    for (int x = 0; x < width; ++x) {
      to[x] = static_cast<std::uint16_t>(std::min<int>(row[x], max_value));
    }
    std::fill(to + width, to + out.width(), to[width - 1]);
  }
}

template <class Sample>
void store_rows(const Plane& source, int x, int y, int width, int height, MutableSampleView out) {
  auto* samples = static_cast<Sample*>(out.data);
  for (int j = 0; j < height; ++j) {
    const std::uint16_t* row = source.at(x, y + j);
    Sample* to = samples + j * out.stride;
    for (int i = 0; i < width; ++i) to[i] = static_cast<Sample>(row[i]);
  }
}

}  // namespace

Plane::Plane(int width, int height, int border_x, int border_y)
    : width_(width),
      height_(height),
      border_x_(border_x),
      border_y_(border_y),
      stride_((width + 2 * border_x + 15) & ~15),
      data_(static_cast<std::size_t>(stride_) * static_cast<std::size_t>(height + 2 * border_y)) {}

void Plane::extend_border() {
  for (int y = 0; y < height_; ++y) {
    std::uint16_t* row = at(0, y);
    std::fill(row - border_x_, row, row[0]);
    std::fill(row + width_, row - border_x_ + stride_, row[width_ - 1]);
  }
  const std::uint16_t* top = at(-border_x_, 0);
  const std::uint16_t* bottom = at(-border_x_, height_ - 1);
  for (int y = 1; y <= border_y_; ++y) {
    std::copy_n(top, stride_, at(-border_x_, -y));
    std::copy_n(bottom, stride_, at(-border_x_, height_ - 1 + y));
  }
}

Picture::Picture(const Format& format) {
  for (int p = 0; p < format.planes; ++p) {
    planes[static_cast<std::size_t>(p)] =
        Plane(format.coded_width() >> format.sx(p), format.coded_height() >> format.sy(p),
              kBorder >> format.sx(p), kBorder >> format.sy(p));
  }
}

void load_plane(const Format& format, int plane, SampleView source, Plane& out) {
  if (format.bytes_per_sample() == 1) {
    load_rows<std::uint8_t>(format, plane, source, out);
  } else {
    load_rows<std::uint16_t>(format, plane, source, out);
  }
}

void store_plane(const Format& format, const Plane& source, int x, int y, int width, int height,
                 MutableSampleView out) {
  if (format.bytes_per_sample() == 1) {
    store_rows<std::uint8_t>(source, x, y, width, height, out);
  } else {
    store_rows<std::uint16_t>(source, x, y, width, height, out);
  }
}

}  // namespace holo::holovid
