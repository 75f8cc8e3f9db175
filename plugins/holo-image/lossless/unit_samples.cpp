// Samples of up to 8 bits lie in bytes, others in 16 bits.
#include "plugins/holo-image/lossless/unit_samples.hpp"

#include <algorithm>
#include <string>

namespace holo::image::lossless {
namespace {

template <class Sample>
void read_plane(const Plane<const Sample>& plane, const Region& region,
                std::vector<std::uint16_t>& out) {
  for (std::int64_t y = 0; y < region.height; ++y) {
    const Sample* row = plane.row(region.y + y) + region.x;
    out.insert(out.end(), row, row + region.width);
  }
}

void expect_within(const std::vector<std::uint16_t>& samples, const Shape& shape) {
  const std::uint16_t highest = *std::max_element(samples.begin(), samples.end());
  if (highest > shape.top())
    throw Failure(HOLO_INVALID_ARG, "expected samples of " + std::to_string(shape.depth) +
                                        " bits, found " + std::to_string(highest) +
                                        "; declare the depth that the picture has");
}

template <class Sample>
void write_plane(const std::vector<std::uint16_t>& samples, const Region& region,
                 const Region& wanted, const Plane<Sample>& plane) {
  const std::int64_t left = std::max(region.x, wanted.x);
  const std::int64_t right = std::min(region.x + region.width, wanted.x + wanted.width);
  const std::int64_t top = std::max(region.y, wanted.y);
  const std::int64_t bottom = std::min(region.y + region.height, wanted.y + wanted.height);
  if (left >= right) return;
  for (std::int64_t y = top; y < bottom; ++y) {
    const std::uint16_t* row = samples.data() + (y - region.y) * region.width - region.x;
    Sample* to = plane.row(y - wanted.y) - wanted.x;
    for (std::int64_t x = left; x < right; ++x) to[x] = static_cast<Sample>(row[x]);
  }
}

}  // namespace

Shape shape_of(const holo_image& image, const Region& region) {
  return {static_cast<int>(region.width), static_cast<int>(region.height),
          ImageShape(image).planes(), image.bit_depth};
}

Samples read_samples(const Unit& unit, const holo_image& image, const Region& region) {
  Samples samples{shape_of(image, region), {}};
  for (int p = 0; p < samples.shape.planes; ++p) {
    auto& plane = samples.planes.emplace_back();
    plane.reserve(samples.shape.area());
    if (image.bit_depth > 8)
      read_plane(unit.plane<const std::uint16_t>(p), region, plane);
    else
      read_plane(unit.plane<const std::uint8_t>(p), region, plane);
    expect_within(plane, samples.shape);
  }
  return samples;
}

void write_samples(const Samples& samples, const holo_image& image, const Region& region,
                   const Region& wanted, const Unit& out) {
  for (int p = 0; p < samples.shape.planes; ++p) {
    if (image.bit_depth > 8)
      write_plane(samples.planes[std::size_t(p)], region, wanted, out.plane<std::uint16_t>(p));
    else
      write_plane(samples.planes[std::size_t(p)], region, wanted, out.plane<std::uint8_t>(p));
  }
}

}  // namespace holo::image::lossless
