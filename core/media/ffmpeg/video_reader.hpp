// Frames out of any file that FFmpeg decodes.
#pragma once

#include <memory>
#include <string>

#include "core/media/video.hpp"

namespace holo::media {

// What VideoReader promises, and beyond:
//  - pixel formats: see pixels.hpp;
//  - times are the stream's own ticks; a frame without a time stamp follows the one before it by
//    its duration, and one that does not move forward is set one tick after it;
//  - a frame's duration is the step to the next frame, the last one's is what the file says;
//  - packets before the first key frame, which nothing can decode, are skipped;
//  - concealed damage is an error, and so is an end more than half a second before the duration
//    that the file claims;
//  - unit_count is what the file claims, which cuts in its edit list can make wrong: a hint;
//  - decoding uses FFmpeg's frame threads and gives the same samples for any number of them.
Result<std::unique_ptr<VideoReader>> open_video_file(const std::string& path);

}  // namespace holo::media
