// What a stream must be for holovid, and the parameters that decoding depends on.
#pragma once

#include <array>
#include <cstdint>

#include <holo/codec.hpp>

#include "plugins/holovid/picture.hpp"

namespace holo::holovid {

inline constexpr std::uint32_t kFrameChunk = holo::fourcc("fram");
inline constexpr std::int64_t kMaxLumaSamples = std::int64_t{1} << 27;
inline constexpr std::uint64_t kMemoryBudget = std::uint64_t{600} << 20;  // of groups in flight

// Throws UNSUPPORTED for what holovid does not code, INVALID_ARG for what no image is.
[[nodiscard]] Format format_of(const holo::Stream& stream);
// Index of the caller's plane that coded plane `plane` holds: R G B is coded as G B R.
[[nodiscard]] int source_plane(const holo_image& image, int plane);
// Bytes of one picture inside the codec.
[[nodiscard]] std::uint64_t picture_bytes(const Format& format);
// Bytes of one frame outside the codec.
[[nodiscard]] std::uint64_t frame_bytes(const Format& format);

}  // namespace holo::holovid
