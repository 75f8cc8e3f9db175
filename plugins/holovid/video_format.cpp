// Checks of a stream's description.
#include "plugins/holovid/video_format.hpp"

#include <string>

namespace holo::holovid {

Format format_of(const holo::Stream& stream) {
  if (stream.kind() != HOLO_FRAME) {
    throw Failure(HOLO_UNSUPPORTED, "holovid codes video frames; pictures go to holo-image");
  }
  const holo_image& image = stream.image();
  const auto in = [](std::int32_t v, std::int32_t low, std::int32_t high) {
    return v >= low && v <= high;
  };
  if (image.width < 1 || image.height < 1 || !in(image.bit_depth, 1, 16) ||
      !in(image.chroma_shift_x, 0, 1) || !in(image.chroma_shift_y, 0, 1) ||
      !in(image.model, HOLO_GRAY, HOLO_YCBCR)) {
    throw Failure(HOLO_INVALID_ARG,
                  "the stream's description is out of range: " + std::to_string(image.width) + "x" +
                      std::to_string(image.height) + ", " + std::to_string(image.bit_depth) +
                      " bits, model " + std::to_string(image.model));
  }
  if (image.has_alpha != 0) {
    throw Failure(HOLO_UNSUPPORTED, "holovid has no alpha plane; remove it before encoding");
  }
  if (std::int64_t{image.width} * image.height > kMaxLumaSamples) {
    throw Failure(HOLO_UNSUPPORTED, "a frame of " + std::to_string(image.width) + "x" +
                                        std::to_string(image.height) + " has more than the " +
                                        std::to_string(kMaxLumaSamples) +
                                        " luma samples that holovid takes");
  }
  Format format;
  format.width = image.width;
  format.height = image.height;
  format.planes = image.model == HOLO_GRAY ? 1 : 3;
  format.depth = image.bit_depth;
  if (image.model == HOLO_YCBCR) {
    format.shift_x = image.chroma_shift_x;
    format.shift_y = image.chroma_shift_y;
  }
  return format;
}

int source_plane(const holo_image& image, int plane) {
  return image.model == HOLO_RGB ? (plane + 1) % 3 : plane;
}

std::uint64_t picture_bytes(const Format& format) {
  std::uint64_t bytes = 0;
  for (int p = 0; p < format.planes; ++p) {
    bytes += std::uint64_t{2} *
             static_cast<std::uint64_t>((format.coded_width() + 2 * kBorder) >> format.sx(p)) *
             static_cast<std::uint64_t>((format.coded_height() + 2 * kBorder) >> format.sy(p));
  }
  return bytes;
}

std::uint64_t frame_bytes(const Format& format) {
  std::uint64_t samples = 0;
  for (int p = 0; p < format.planes; ++p) {
    samples += static_cast<std::uint64_t>(format.plane_width(p)) *
               static_cast<std::uint64_t>(format.plane_height(p));
  }
  return samples * static_cast<std::uint64_t>(format.bytes_per_sample());
}

}  // namespace holo::holovid
