// What the planes of an image description measure, and whether a description can be believed.
#include <string>

#include "core/base/unit.hpp"

namespace holo {

std::size_t plane_count(const holo_image& image) {
  return (image.model == HOLO_GRAY ? 1u : 3u) + (image.has_alpha != 0 ? 1u : 0u);
}

bool is_chroma_plane(const holo_image& image, std::size_t plane) {
  return image.model == HOLO_YCBCR && (plane == 1 || plane == 2);
}

std::int64_t plane_width(const holo_image& image, std::size_t plane) {
  if (!is_chroma_plane(image, plane)) return image.width;
  return (std::int64_t{image.width} + image.chroma_shift_x) >> image.chroma_shift_x;
}

std::int64_t plane_height(const holo_image& image, std::size_t plane) {
  if (!is_chroma_plane(image, plane)) return image.height;
  return (std::int64_t{image.height} + image.chroma_shift_y) >> image.chroma_shift_y;
}

int bytes_per_sample(const holo_image& image) { return image.bit_depth > 8 ? 2 : 1; }

holo_image make_image(int width, int height, int model, bool alpha, int bit_depth) {
  holo_image image{};
  image.struct_size = sizeof(holo_image);
  image.width = width;
  image.height = height;
  image.model = model;
  image.has_alpha = alpha ? 1 : 0;
  image.bit_depth = bit_depth;
  image.matrix = 2;
  image.transfer = 2;
  image.primaries = 2;
  image.full_range = 1;
  image.orientation = 1;
  return image;
}

namespace {

struct FieldRange {
  const char* name;
  std::int32_t holo_image::*field;
  std::int32_t minimum;
  std::int32_t maximum;
};

constexpr FieldRange kImageFields[] = {
    {"width", &holo_image::width, 1, 1 << 24},
    {"height", &holo_image::height, 1, 1 << 24},
    {"colour model", &holo_image::model, HOLO_GRAY, HOLO_YCBCR},
    {"has_alpha", &holo_image::has_alpha, 0, 1},
    {"bit depth", &holo_image::bit_depth, 1, 16},
    {"chroma_shift_x", &holo_image::chroma_shift_x, 0, 1},
    {"chroma_shift_y", &holo_image::chroma_shift_y, 0, 1},
    {"matrix", &holo_image::matrix, 0, 255},
    {"transfer", &holo_image::transfer, 0, 255},
    {"primaries", &holo_image::primaries, 0, 255},
    {"full_range", &holo_image::full_range, 0, 1},
    {"chroma_location", &holo_image::chroma_location, 0, 7},
    {"orientation", &holo_image::orientation, 1, 8},
};

}  // namespace

Status validate_image(const holo_image& image, std::uint64_t byte_limit) {
  for (const FieldRange& row : kImageFields) {
    const std::int32_t found = image.*row.field;
    if (found < row.minimum || found > row.maximum) {
      return make_error(HOLO_CORRUPT, std::string("image description: ") + row.name + " is " +
                                          std::to_string(found) + ", expected " +
                                          std::to_string(row.minimum) + ".." +
                                          std::to_string(row.maximum));
    }
  }
  std::uint64_t bytes = 0;
  for (std::size_t plane = 0; plane < plane_count(image); ++plane) {
    bytes += static_cast<std::uint64_t>(plane_width(image, plane)) *
             static_cast<std::uint64_t>(plane_height(image, plane)) *
             static_cast<std::uint64_t>(bytes_per_sample(image));
  }
  if (bytes > byte_limit) {
    return make_error(HOLO_NO_MEMORY, "an image of " + std::to_string(image.width) + "x" +
                                          std::to_string(image.height) + " needs " +
                                          std::to_string(bytes) + " bytes, the limit is " +
                                          std::to_string(byte_limit));
  }
  return {};
}

}  // namespace holo
