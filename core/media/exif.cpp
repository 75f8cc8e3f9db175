// Finds the orientation entry in the first directory of a TIFF structure, trusting no offset.
#include "core/media/exif.hpp"

#include <array>
#include <cstddef>

namespace holo::media {
namespace {

constexpr std::uint32_t kOrientationTag = 0x0112;
constexpr std::uint32_t kShortType = 3;
constexpr std::size_t kEntryBytes = 12;

struct Tiff {
  std::span<const std::uint8_t> bytes;
  bool big_endian;

  [[nodiscard]] std::uint32_t number(std::size_t at, std::size_t count) const {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      value = value << 8 | bytes[at + (big_endian ? i : count - 1 - i)];
    }
    return value;
  }
};

struct Field {
  std::size_t at;
  bool big_endian;
  std::uint32_t value;
};

std::optional<Field> find_field(std::span<const std::uint8_t> exif) {
  if (exif.size() < 14) return std::nullopt;
  const bool big = exif[0] == 'M' && exif[1] == 'M';
  if (!big && !(exif[0] == 'I' && exif[1] == 'I')) return std::nullopt;
  const Tiff tiff{exif, big};
  if (tiff.number(2, 2) != 42) return std::nullopt;
  const std::size_t directory = tiff.number(4, 4);
  if (directory > exif.size() - 2) return std::nullopt;
  const std::size_t entries = tiff.number(directory, 2);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t at = directory + 2 + i * kEntryBytes;
    if (at > exif.size() || exif.size() - at < kEntryBytes) return std::nullopt;
    if (tiff.number(at, 2) != kOrientationTag) continue;
    if (tiff.number(at + 2, 2) != kShortType || tiff.number(at + 4, 4) != 1) return std::nullopt;
    return Field{at + 8, big, tiff.number(at + 8, 2)};
  }
  return std::nullopt;
}

}  // namespace

std::optional<int> exif_orientation(std::span<const std::uint8_t> exif) {
  const auto field = find_field(exif);
  if (!field || field->value < 1 || field->value > 8) return std::nullopt;
  return static_cast<int>(field->value);
}

bool set_exif_orientation(std::span<std::uint8_t> exif, int orientation) {
  const auto field = find_field(exif);
  if (!field) return false;
  exif[field->at + (field->big_endian ? 0 : 1)] = 0;
  exif[field->at + (field->big_endian ? 1 : 0)] = static_cast<std::uint8_t>(orientation);
  return true;
}

}  // namespace holo::media
