// Text subtitles from one format to another, where the target cannot hold the one they are in.
#pragma once

#include <memory>

#include "core/media/ffmpeg/av.hpp"

namespace holo::media {

class TextSubtitles {
 public:
  // For a stream of text subtitles; UNSUPPORTED if either side has no coder.
  static Result<std::unique_ptr<TextSubtitles>> create(const AVStream& from, AVCodecID to);
  // Codec, extradata and so on of the new stream.
  Status describe(AVCodecParameters& parameters) const;
  // Replaces the packet's data; times stay. False if there is nothing to show.
  Result<bool> convert(AVPacket& packet, Talk& talk);

 private:
  AvPtr<AVCodecContext> decoder_;
  AvPtr<AVCodecContext> encoder_;
};

}  // namespace holo::media
