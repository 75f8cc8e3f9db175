// Picture formats by magic and by name, and the way from a unit to what each target can hold.
#include "core/media/picture.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "core/media/exif.hpp"
#include "core/media/picture_codecs.hpp"

namespace holo::media {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::array kFormats = {
    PictureFormat{"png", ".png", true, true}, PictureFormat{"jpeg", ".jpg .jpeg", true, true},
    PictureFormat{"ppm", ".ppm", true, true}, PictureFormat{"pgm", ".pgm", true, true},
    PictureFormat{"pnm", ".pnm", true, true}, PictureFormat{"pam", ".pam", true, true},
};

// Recognised so that the error can name them.
constexpr std::array kForeign = {
    PictureFormat{"GIF", ".gif"},
    PictureFormat{"WebP", ".webp"},
    PictureFormat{"AVIF or HEIF", ".avif .heic .heif"},
    PictureFormat{"JPEG XL", ".jxl"},
    PictureFormat{"TIFF", ".tif .tiff"},
    PictureFormat{"JPEG 2000", ".jp2"},
    PictureFormat{"OpenEXR", ".exr"},
    PictureFormat{"Photoshop", ".psd"},
    PictureFormat{"BMP", ".bmp"},
    PictureFormat{"text PNM or PBM", ".pbm"},
};

const PictureFormat* by_name(std::string_view name) {
  for (const auto& format : kFormats) {
    if (format.name == name) return &format;
  }
  for (const auto& format : kForeign) {
    if (format.name == name) return &format;
  }
  return nullptr;
}

struct Magic {
  std::string_view name;
  std::size_t offset;
  std::string_view bytes;
};

using namespace std::string_view_literals;
constexpr std::array kMagics = {
    Magic{"png", 0, "\x89PNG\r\n\x1a\n"sv},
    Magic{"jpeg", 0, "\xff\xd8\xff"sv},
    Magic{"GIF", 0, "GIF87a"sv},
    Magic{"GIF", 0, "GIF89a"sv},
    Magic{"WebP", 8, "WEBPVP8"sv},
    Magic{"AVIF or HEIF", 4, "ftypavif"sv},
    Magic{"AVIF or HEIF", 4, "ftypavis"sv},
    Magic{"AVIF or HEIF", 4, "ftyphei"sv},
    Magic{"AVIF or HEIF", 4, "ftyphev"sv},
    Magic{"AVIF or HEIF", 4, "ftypmif1"sv},
    Magic{"JPEG XL", 0, "\xff\x0a"sv},
    Magic{"JPEG XL", 0, "\0\0\0\x0cJXL \r\n\x87\n"sv},
    Magic{"JPEG 2000", 0, "\0\0\0\x0cjP  \r\n\x87\n"sv},
    Magic{"TIFF", 0, "II*\0"sv},
    Magic{"TIFF", 0, "MM\0*"sv},
    Magic{"TIFF", 0, "II+\0"sv},
    Magic{"TIFF", 0, "MM\0+"sv},
    Magic{"OpenEXR", 0, "\x76\x2f\x31\x01"sv},
    Magic{"Photoshop", 0, "8BPS\0"sv},
};

bool holds(Bytes prefix, std::size_t offset, std::string_view bytes) {
  if (prefix.size() < offset || prefix.size() - offset < bytes.size()) return false;
  return std::equal(bytes.begin(), bytes.end(),
                    prefix.begin() + static_cast<std::ptrdiff_t>(offset),
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

// The second byte of a PNM magic, "P" digit and white space.
constexpr std::array<std::pair<char, std::string_view>, 7> kPnm = {{{'1', "text PNM or PBM"},
                                                                    {'2', "text PNM or PBM"},
                                                                    {'3', "text PNM or PBM"},
                                                                    {'4', "text PNM or PBM"},
                                                                    {'5', "pgm"},
                                                                    {'6', "ppm"},
                                                                    {'7', "pam"}}};

const PictureFormat* detect_pnm(Bytes prefix) {
  if (prefix.size() < 3 || prefix[0] != 'P') return nullptr;
  if (!std::isspace(prefix[2]) && prefix[2] != '#') return nullptr;
  for (const auto& [digit, name] : kPnm) {
    if (prefix[1] == static_cast<std::uint8_t>(digit)) return by_name(name);
  }
  return nullptr;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

bool lists_extension(std::string_view extensions, std::string_view extension) {
  for (std::size_t at = 0; at < extensions.size();) {
    const std::size_t end = std::min(extensions.find(' ', at), extensions.size());
    if (extensions.substr(at, end - at) == extension) return true;
    at = end + 1;
  }
  return false;
}

// The metadata as the target shall hold it: EXIF that says how the written planes are turned.
// `turn` becomes true if the target has no way to say it, so that the planes must be turned.
std::vector<Metadata> fitting_metadata(std::span<const Metadata> metadata, bool carries_exif,
                                       int orientation, bool* turn) {
  std::vector<Metadata> result(metadata.begin(), metadata.end());
  *turn = orientation != 1;
  for (auto& item : result) {
    if (item.name != "exif") continue;
    if (carries_exif && set_exif_orientation(item.bytes, orientation)) *turn = false;
  }
  return result;
}

}  // namespace

std::span<const PictureFormat> picture_formats() { return kFormats; }

const PictureFormat* detect_picture(std::span<const std::uint8_t> prefix) {
  for (const auto& magic : kMagics) {
    if (holds(prefix, magic.offset, magic.bytes)) return by_name(magic.name);
  }
  // Two letters are a weak magic: the four reserved bytes of BMP must be zero as well.
  if (holds(prefix, 0, "BM") && holds(prefix, 6, "\0\0\0\0"sv)) return by_name("BMP");
  return detect_pnm(prefix);
}

const PictureFormat* picture_format_for_path(std::string_view path) {
  const std::size_t dot = path.find_last_of("./");
  if (dot == std::string_view::npos || path[dot] != '.') return nullptr;
  const std::string extension = lower(path.substr(dot));
  for (const auto& format : kFormats) {
    if (lists_extension(format.extensions, extension)) return &format;
  }
  return nullptr;
}

Result<Picture> read_picture(ByteReader& reader, const Limits& limits) {
  std::array<std::uint8_t, 16> first{};
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(first.size(), reader.size()));
  HOLO_TRY(reader.read_at(0, std::span(first.data(), count)));
  const PictureFormat* format = detect_picture(std::span(first.data(), count));
  if (format == nullptr) {
    return make_error(HOLO_UNSUPPORTED,
                      "not a picture that can be read: expected a PNG, JPEG, PPM, PGM or PAM file, "
                      "found other first bytes");
  }
  if (!format->reads) {
    return make_error(HOLO_UNSUPPORTED, "this is a " + std::string(format->name) +
                                            " file, which cannot be read; convert it to PNG first, "
                                            "for example with ImageMagick or ffmpeg");
  }
  if (format->name == "png") return read_png(reader, limits);
  if (format->name == "jpeg") return read_jpeg(reader, limits);
  return read_pnm(reader, limits);
}

Status write_picture(AtomicFile& file, const PictureFormat& format, UnitBuffer& unit,
                     std::span<const Metadata> metadata, const PictureWriteOptions& options) {
  if (!unit.image) {
    return make_error(HOLO_INVALID_ARG, "only pictures and frames can be written as pictures");
  }
  if (!format.writes) {
    return make_error(HOLO_UNSUPPORTED, "pictures cannot be written as " +
                                            std::string(format.name) +
                                            "; use .png, .jpg, .ppm, .pgm or .pam");
  }
  const bool carries_exif = format.name == "png" || format.name == "jpeg";
  bool turn = false;
  const auto kept = fitting_metadata(metadata, carries_exif, unit.image->orientation, &turn);

  const UnitBuffer* source = &unit;
  std::optional<UnitBuffer> converted;
  if (unit.image->model == HOLO_YCBCR || unit.image->full_range == 0) {
    HOLO_ASSIGN(converted, converted_to_rgb(*source));
    source = &*converted;
  }
  if (turn) {
    HOLO_ASSIGN(converted, turned_upright(*source));
    source = &*converted;
  }
  if (format.name == "png") return write_png(file, *source, kept);
  if (format.name == "jpeg") return write_jpeg(file, *source, kept, options.jpeg_quality);
  return write_pnm(file, format.name, *source);
}

}  // namespace holo::media
