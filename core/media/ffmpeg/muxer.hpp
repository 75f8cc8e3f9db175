// One file being muxed: a video stream, and whatever is carried along, in time order.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/media/ffmpeg/carry.hpp"
#include "core/media/ffmpeg/file_io.hpp"

namespace holo::media {

class Muxer {
 public:
  // `format` is a name of libavformat's ("matroska", "mp4", "mov"). `carry_from` may be empty.
  // Warnings are added to while the muxer lives (by what is carried).
  static Result<std::unique_ptr<Muxer>> create(AtomicFile& file, const std::string& format,
                                               const std::string& carry_from,
                                               std::vector<std::string>& warnings);
  ~Muxer();
  Muxer(const Muxer&) = delete;
  Muxer& operator=(const Muxer&) = delete;

  // The video stream: the caller fills in codecpar, avg_frame_rate and side data before begin().
  [[nodiscard]] AVStream& video() { return *context_->streams[0]; }
  [[nodiscard]] bool seekable() const { return output_.seekable(); }
  [[nodiscard]] bool needs_global_header() const;
  [[nodiscard]] Talk& talk() { return talk_; }

  // By how many milliseconds every time must be moved so that none is negative, given the first
  // frame's time. 0 in formats that can hold negative times.
  Result<std::int64_t> plan_shift(std::int64_t first_pts, AVRational time_base);
  // Writes the header. The video's times are in `time_base`.
  Status begin(AVRational time_base, Options& options);
  // A packet of the video stream, after what is carried along and comes before it. `packet.dts`
  // must not fall. Ends the current cluster first if `new_cluster`.
  Status write(AVPacket& packet, bool new_cluster);
  // The rest of what is carried along, and the trailer.
  Status finish();

 private:
  struct MuxTalk : Talk {
    explicit MuxTalk(OutputFile& target) : output(target) {}
    OutputFile& output;
  };

  explicit Muxer(AtomicFile& file) : output_(file), talk_(output_) {}
  static int open_io(AVFormatContext* context, AVIOContext** io, const char*, int flags,
                     AVDictionary**);
  static int close_io(AVFormatContext*, AVIOContext* io);
  // Turns a result of libavformat into a Status; errors of the file underneath come first.
  Status check(int result, const char* what);

  OutputFile output_;
  MuxTalk talk_;
  AVFormatContext* context_ = nullptr;
  std::unique_ptr<CarriedStreams> carried_;
  AVRational time_base_{0, 1};
  std::int64_t shift_ = 0;
};

}  // namespace holo::media
