// What the picture readers and writers of this room share; other rooms use picture.hpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/media/picture.hpp"

namespace holo::media {

Result<Picture> read_png(ByteReader& reader, const Limits& limits);
Result<Picture> read_jpeg(ByteReader& reader, const Limits& limits);
Result<Picture> read_pnm(ByteReader& reader, const Limits& limits);

// The writers take GRAY or RGB in full range, already turned if the target cannot say otherwise.
Status write_png(AtomicFile& file, const UnitBuffer& unit, std::span<const Metadata> metadata);
Status write_jpeg(AtomicFile& file, const UnitBuffer& unit, std::span<const Metadata> metadata,
                  int quality);
// `name` is "ppm", "pgm", "pnm" or "pam".
Status write_pnm(AtomicFile& file, std::string_view name, const UnitBuffer& unit);

// The metadata of that name, or nullptr.
const Metadata* find_metadata(std::span<const Metadata> metadata, std::string_view name);

// Refuses sizes that a picture cannot have or that pass the limits, before anything is allocated.
Status check_claim(std::string_view format, std::uint64_t width, std::uint64_t height,
                   std::uint64_t channels, std::uint64_t bytes_per_sample, const Limits& limits);
// CORRUPT: "this PNG file is damaged: DETAIL; fetch or export it again".
Error damaged(std::string_view format, std::string_view detail);
// The bytes of samples in one interleaved row.
std::size_t interleaved_row_bytes(const holo_image& image);

// Between planes and rows of interleaved samples, as file libraries want them.
void deinterleave_row(UnitBuffer& unit, std::int64_t y, const std::uint8_t* row);
void interleave_row(const UnitBuffer& unit, std::int64_t y, std::uint8_t* row);
// Samples of image.bit_depth bits stretched to the whole of 0..`target_max`, rounded to nearest, in
// place.
void scale_row(const holo_image& image, std::uint32_t target_max, std::uint8_t* row);

// As upright() and to_rgb(), from a unit that stays as it is.
Result<UnitBuffer> turned_upright(const UnitBuffer& unit);
Result<UnitBuffer> converted_to_rgb(const UnitBuffer& unit);

}  // namespace holo::media
