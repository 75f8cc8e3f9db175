// The one EXIF field that changes how a picture is seen: its orientation.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace holo::media {

// `exif` starts with the TIFF header ("II*" or "MM*"), as in PNG's eXIf chunk. Empty if the field
// is missing, damaged or not 1..8.
std::optional<int> exif_orientation(std::span<const std::uint8_t> exif);
// Overwrites the field in place; false if there is none to overwrite.
bool set_exif_orientation(std::span<std::uint8_t> exif, int orientation);

}  // namespace holo::media
