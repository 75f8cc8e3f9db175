// Still pictures: PNG, JPEG, PPM/PGM in and out, with ICC and EXIF carried along.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/file.hpp"
#include "core/base/unit.hpp"
#include "core/container/container.hpp"

namespace holo::media {

struct Limits {
  std::uint64_t max_bytes = std::uint64_t{4} << 30;  // of decoded samples
};

struct Picture {
  UnitBuffer unit;                 // GRAY or RGB, with or without alpha, 8 or 16 bit, upright tag
                                   // in image->orientation (planes are stored as in the file)
  std::vector<Metadata> metadata;  // "icc", "exif"
};

// How a file is recognised; also what `--help` and completion list.
struct PictureFormat {
  std::string_view name;        // "png"
  std::string_view extensions;  // ".png", or several, space-separated
  bool reads = false;
  bool writes = false;
};
std::span<const PictureFormat> picture_formats();

// The format that the first bytes (at least 16, if there are that many) belong to, or nullptr.
const PictureFormat* detect_picture(std::span<const std::uint8_t> prefix);
// By the extension of a path, any case, or nullptr.
const PictureFormat* picture_format_for_path(std::string_view path);

// Animated and multi-picture files, CMYK without a rule, truncated data: clear errors that name
// the file's format and what was found.
Result<Picture> read_picture(ByteReader& reader, const Limits& limits);

struct PictureWriteOptions {
  int jpeg_quality = 92;
};
// YCBCR units are converted by their matrix and range (BT.601 full range if unspecified). What the
// target cannot hold (alpha or 16 bit in JPEG) is an error that says so and what to use instead.
Status write_picture(AtomicFile& file, const PictureFormat& format, UnitBuffer& unit,
                     std::span<const Metadata> metadata, const PictureWriteOptions& options);

// Planes turned and flipped so that orientation becomes 1.
Result<UnitBuffer> upright(UnitBuffer unit);
// Planar RGB or GRAY at the same depth from YCBCR; other models are returned as they are.
Result<UnitBuffer> to_rgb(UnitBuffer unit);

}  // namespace holo::media
