// Planes to interleaved rows and back, and the checks that every picture reader makes first.
#include <algorithm>
#include <cstring>

#include "core/media/picture_codecs.hpp"

namespace holo::media {
namespace {

constexpr std::uint64_t kLargestSide = 1 << 24;

template <class Sample>
void scatter(UnitBuffer& unit, std::int64_t y, const std::uint8_t* row) {
  const std::size_t channels = unit.plane_count();
  for (std::size_t c = 0; c < channels; ++c) {
    auto* out = reinterpret_cast<Sample*>(unit.plane(c) + y * unit.row_bytes(c));
    const std::uint8_t* in = row + c * sizeof(Sample);
    for (std::int64_t x = 0; x < unit.plane_width(c); ++x, in += channels * sizeof(Sample)) {
      std::memcpy(out + x, in, sizeof(Sample));
    }
  }
}

template <class Sample>
void gather(const UnitBuffer& unit, std::int64_t y, std::uint8_t* row) {
  const std::size_t channels = unit.plane_count();
  for (std::size_t c = 0; c < channels; ++c) {
    const auto* in = reinterpret_cast<const Sample*>(unit.plane(c) + y * unit.row_bytes(c));
    std::uint8_t* out = row + c * sizeof(Sample);
    for (std::int64_t x = 0; x < unit.plane_width(c); ++x, out += channels * sizeof(Sample)) {
      std::memcpy(out, in + x, sizeof(Sample));
    }
  }
}

template <class Sample>
void stretch(std::size_t samples, std::uint32_t source_max, std::uint32_t target_max,
             std::uint8_t* row) {
  for (std::size_t i = 0; i < samples; ++i, row += sizeof(Sample)) {
    Sample sample;
    std::memcpy(&sample, row, sizeof sample);
    const std::uint64_t value = std::min<std::uint32_t>(sample, source_max);
    sample = static_cast<Sample>((value * target_max + source_max / 2) / source_max);
    std::memcpy(row, &sample, sizeof sample);
  }
}

}  // namespace

const Metadata* find_metadata(std::span<const Metadata> metadata, std::string_view name) {
  const auto found = std::find_if(metadata.begin(), metadata.end(),
                                  [&](const Metadata& item) { return item.name == name; });
  return found == metadata.end() ? nullptr : &*found;
}

Status check_claim(std::string_view format, std::uint64_t width, std::uint64_t height,
                   std::uint64_t channels, std::uint64_t bytes_per_sample, const Limits& limits) {
  const std::string size = std::to_string(width) + "x" + std::to_string(height);
  if (width == 0 || height == 0 || width > kLargestSide || height > kLargestSide) {
    return damaged(format, "it claims a size of " + size + " samples");
  }
  // Rows are padded to 64 bytes in memory. The product can pass 2^64, so the limit is divided.
  const std::uint64_t row = (width * bytes_per_sample + 63) / 64 * 64;
  if (height > limits.max_bytes / channels / row) {
    return make_error(HOLO_NO_MEMORY,
                      "this " + std::string(format) + " file claims " + size + " samples of " +
                          std::to_string(channels * bytes_per_sample) +
                          " bytes, more than the limit of " + std::to_string(limits.max_bytes) +
                          " bytes; cut the picture into parts, or raise the limit");
  }
  return {};
}

Error damaged(std::string_view format, std::string_view detail) {
  return make_error(HOLO_CORRUPT, "this " + std::string(format) + " file is damaged: " +
                                      std::string(detail) + "; fetch or export it again");
}

std::size_t interleaved_row_bytes(const holo_image& image) {
  return static_cast<std::size_t>(image.width) * plane_count(image) *
         static_cast<std::size_t>(bytes_per_sample(image));
}

void deinterleave_row(UnitBuffer& unit, std::int64_t y, const std::uint8_t* row) {
  bytes_per_sample(*unit.image) == 1 ? scatter<std::uint8_t>(unit, y, row)
                                     : scatter<std::uint16_t>(unit, y, row);
}

void interleave_row(const UnitBuffer& unit, std::int64_t y, std::uint8_t* row) {
  bytes_per_sample(*unit.image) == 1 ? gather<std::uint8_t>(unit, y, row)
                                     : gather<std::uint16_t>(unit, y, row);
}

void scale_row(const holo_image& image, std::uint32_t target_max, std::uint8_t* row) {
  const std::uint32_t source_max = (1u << image.bit_depth) - 1;
  if (source_max == target_max) return;
  const std::size_t samples = static_cast<std::size_t>(image.width) * plane_count(image);
  bytes_per_sample(image) == 1 ? stretch<std::uint8_t>(samples, source_max, target_max, row)
                               : stretch<std::uint16_t>(samples, source_max, target_max, row);
}

}  // namespace holo::media
