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
  // Of decoded samples, rows padded to 64 bytes. What a file claims is held against it before
  // anything is allocated.
  std::uint64_t max_bytes = std::uint64_t{4} << 30;
};

struct Picture {
  UnitBuffer unit;  // GRAY or RGB, with or without alpha, 8 or 16 bit, upright tag
                    // in image->orientation (planes are stored as in the file)
  // "icc": the profile, to the byte. "exif": from its TIFF header on ("II*" or "MM*").
  std::vector<Metadata> metadata;
};

// How a file is recognised; also what `--help` and completion list.
struct PictureFormat {
  std::string_view name;        // "png"
  std::string_view extensions;  // ".png", or several, space-separated
  bool reads = false;
  bool writes = false;
};
std::span<const PictureFormat> picture_formats();

// The format that the first bytes (at least 16, if there are that many) belong to, or nullptr. It
// may be one that is only recognised so that read_picture can name it (GIF, WebP, AVIF, ...).
const PictureFormat* detect_picture(std::span<const std::uint8_t> prefix);
// By the extension of a path, any case, or nullptr.
const PictureFormat* picture_format_for_path(std::string_view path);

// PNG of 1, 2, 4 bit and PNM with a greatest value below 255 become 8 bit; PNM above 255 keeps as
// many bits as its greatest value has. Of a JPEG with several pictures (MPF), the first is read.
// Animated PNG, PNM of several pictures, CMYK: UNSUPPORTED; truncated or damaged data, also where a
// decoder could guess on: CORRUPT. The message names the format and what was found.
Result<Picture> read_picture(ByteReader& reader, const Limits& limits);

struct PictureWriteOptions {
  int jpeg_quality = 92;
};
// YCBCR units are converted by their matrix and range (BT.601 if the matrix is unspecified),
// limited range becomes full. PNG samples are stretched to 8 or 16 bit, JPEG is 4:4:4. What the
// target cannot hold (alpha or more than 8 bit in JPEG, colour in PGM) is an error that says so and
// what to use instead; metadata are kept by PNG and JPEG alone. A turned picture keeps its planes
// and its orientation where EXIF can say it, and is written upright otherwise. The caller commits
// the file.
Status write_picture(AtomicFile& file, const PictureFormat& format, UnitBuffer& unit,
                     std::span<const Metadata> metadata, const PictureWriteOptions& options);

// Planes turned and flipped so that orientation becomes 1. Subsampled chroma becomes RGB on the
// way.
Result<UnitBuffer> upright(UnitBuffer unit);
// Planar RGB at the same depth and in full range from YCBCR (ITU-T H.273; chroma is interpolated by
// its location, unspecified means left). GRAY and RGB only become full range. Integer arithmetic:
// the same on every machine.
Result<UnitBuffer> to_rgb(UnitBuffer unit);

}  // namespace holo::media
