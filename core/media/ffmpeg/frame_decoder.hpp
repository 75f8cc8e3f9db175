// Frames out of one stream of a file, demuxed and decoded, each with its final time.
#pragma once

#include <optional>
#include <string>

#include "core/media/ffmpeg/file_io.hpp"

namespace holo::media {

class FrameDecoder {
 public:
  // Both must outlive the decoder; the stream is one of the file's.
  FrameDecoder(InputFile& input, AVStream& video) : input_(input), video_(video) {}
  Status open();
  // The next frame, its pts after that of the frame before, or null at the end. What is damaged,
  // ends too early or changes its size or pixel format is an error.
  Result<AvPtr<AVFrame>> next();

 private:
  Status feed();
  Status set_time(AVFrame& frame);
  Status check_format(const AVFrame& frame);
  Status check_end() const;
  void note_end(const AVPacket& packet);
  Error damaged(const std::string& what, int code);
  [[nodiscard]] std::string where() const;

  struct Format {
    int width, height, pixels;
    bool operator==(const Format&) const = default;
  };

  InputFile& input_;
  AVStream& video_;
  AvPtr<AVCodecContext> codec_;
  AvPtr<AVPacket> packet_{av_packet_alloc()};
  std::optional<Format> format_;  // of the first frame
  std::optional<std::int64_t> last_pts_;
  double end_ = 0;  // seconds, of the packets of all streams
  double video_end_ = 0;
  bool key_seen_ = false;
  bool ended_ = false;
};

}  // namespace holo::media
