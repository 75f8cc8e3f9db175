// Frames into files for people and tools.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/media/video.hpp"

namespace holo::media {

// What VideoWriter promises, by format:
//   "mkv"  FFV1 level 3 in Matroska: the samples exactly; times to the millisecond, which is all
//          that Matroska holds (a start before zero moves everything, with a warning).
//   "mp4", "mov"  H.264 (libx264, CRF 16, preset medium) as 8-bit 4:2:0, which every player shows,
//          with the index at the front so that playing starts at once. Not exact: deeper samples,
//          finer chroma and alpha are converted or dropped with a warning, RGB becomes BT.709,
//          odd sizes are padded by repeating the last column or row. Times are exact. A turned
//          picture keeps its planes and says how to turn them.
//   "y4m"  the samples exactly, at one frame rate, nothing else; the rotation and the shape of
//          pixels are not kept. RGB, alpha (but 8-bit 4:4:4) are refused.
// .mkv and .y4m have no place for a rotation: there the planes are written upright (4:2:2 turned by
// 90 degrees is 4:4:0, which .y4m refuses), with a warning. The same input gives the same bytes on
// any machine with the same FFmpeg.
Result<std::unique_ptr<VideoWriter>> create_video_file(AtomicFile& file, std::string_view format,
                                                       const StreamInfo& stream,
                                                       const std::string& carry_from);

// One of the formats behind create_video_file.
Result<std::unique_ptr<VideoWriter>> create_y4m_file(AtomicFile& file, const StreamInfo& stream,
                                                     const std::string& carry_from);

// What a format that has no place for a rotation does with turned frames.
inline constexpr const char* kTurnedWarning =
    "the pictures were written upright, because the format has no place for a rotation";

}  // namespace holo::media
