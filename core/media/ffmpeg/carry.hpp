// Streams that go along unchanged: audio, subtitles, attachments, chapters and tags of one file,
// copied packet by packet into another.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "core/media/ffmpeg/file_io.hpp"
#include "core/media/ffmpeg/text_subtitles.hpp"

namespace holo::media {

// What a target can hold is asked of libavformat. What it cannot is a warning, one sentence each:
// data streams and further video streams in Matroska, pictures of text and attachments in MP4.
// Text subtitles are rewritten in the target's own form where theirs does not fit (SubRip and
// mov_text); their text and times stay, styles may not.
class CarriedStreams {
 public:
  // Opens `path` and adds its streams, chapters and tags to `output`, whose first stream is the
  // video; tags, shape of pixels, light levels and field order of the path's own video stream go
  // to that. Packets refer to `output` until it ends.
  static Result<std::unique_ptr<CarriedStreams>> open(const std::string& path,
                                                      AVFormatContext& output,
                                                      std::vector<std::string>& warnings);
  // The smallest time of the first packets, in milliseconds, counted as the target counts.
  Result<std::int64_t> earliest();
  // Writes what belongs before `limit` (milliseconds), every time moved by `shift` milliseconds.
  Status write_until(std::int64_t limit, std::int64_t shift);

 private:
  struct Route {
    AVStream* out = nullptr;
    std::unique_ptr<TextSubtitles> text;
    std::int64_t rescale_state = AV_NOPTS_VALUE;
    // Readers of Matroska subtract the delay of Opus, which libavformat writes there, from every
    // time; milliseconds to be added before.
    std::int64_t priming = 0;
    bool seen = false;
  };

  CarriedStreams(AVFormatContext& output, std::vector<std::string>& warnings)
      : output_(output), warnings_(warnings) {}
  Status add_streams();
  Status add_stream(const AVStream& from);
  Status add_cover(const AVStream& from);
  void add_tags();
  void leave_out(const AVStream& from, const char* why);
  [[nodiscard]] AVCodecID substitute(const AVStream& from) const;
  [[nodiscard]] std::int64_t milliseconds(const AVPacket& packet) const;
  Result<AvPtr<AVPacket>> fetch();
  Status write(AVPacket& packet, std::int64_t shift);
  Status write_covers();

  AVFormatContext& output_;
  std::vector<std::string>& warnings_;
  std::unique_ptr<InputFile> input_;
  std::vector<Route> routes_;  // by index of the input's stream; out is null for what stays
  std::deque<AvPtr<AVPacket>> ahead_;
  std::vector<AvPtr<AVPacket>> covers_;
  std::int64_t source_shift_ = 0;  // milliseconds by which the source's times were moved
  bool ended_ = false;
};

// Times of a .holovid are moved by a constant if any would be negative, which Matroska cannot
// hold; the constant (milliseconds) stands in the private data. 0 for every other stream.
std::int64_t recorded_shift(const AVStream& stream);

}  // namespace holo::media
