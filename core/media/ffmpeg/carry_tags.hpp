// Tags and chapters of a source that go along into another file.
#pragma once

#include <string>

#include "core/media/ffmpeg/av.hpp"

namespace holo::media {

// Leaves out what was said about the file that the tags stood in (its encoder, its size).
void copy_tags(const AVDictionary* from, AVDictionary** to);
// Names the tags in `tags` that MP4 has no place for, in a list; empty if there are none.
std::string tags_lost_in_mp4(const AVDictionary* tags);
// Times are moved back by `shift` milliseconds. NO_MEMORY leaves the chapters that fitted.
Status copy_chapters(const AVFormatContext& from, AVFormatContext& to, std::int64_t shift);

}  // namespace holo::media
