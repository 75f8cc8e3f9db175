// FFmpeg's objects as owning handles, and its error codes and talk as holo::Error.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/frame.h>
#include <libswscale/swscale.h>
}

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace holo::media {

struct AvDelete {
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
  void operator()(AVCodecContext* codec) const { avcodec_free_context(&codec); }
  void operator()(SwsContext* scaler) const { sws_freeContext(scaler); }
};
template <class T>
using AvPtr = std::unique_ptr<T, AvDelete>;

// A list of options for an FFmpeg call.
class Options {
 public:
  Options() = default;
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;
  ~Options() { av_dict_free(&dictionary_); }
  void set(const char* key, const std::string& value) {
    av_dict_set(&dictionary_, key, value.c_str(), 0);
  }
  AVDictionary** get() { return &dictionary_; }

 private:
  AVDictionary* dictionary_ = nullptr;
};

// What FFmpeg said at level "error" on behalf of one file. It arrives from any thread: contexts are
// matched through their `opaque` pointer, which must point at the Talk, and everything else through
// the innermost TalkScope of the thread.
class Talk {
 public:
  Talk();
  void add(std::string line);
  // Everything said so far, in one line; forgets it.
  std::string take();
  [[nodiscard]] bool mentions(std::string_view words) const;

 private:
  mutable std::mutex mutex_;
  std::deque<std::string> lines_;
};

class TalkScope {
 public:
  explicit TalkScope(Talk& talk);
  ~TalkScope();
  TalkScope(const TalkScope&) = delete;
  TalkScope& operator=(const TalkScope&) = delete;

 private:
  Talk* outer_;
};

// FFmpeg's text for one of its error codes.
std::string av_text(int code);
// "what: FFmpeg's text (what it said)". NO_MEMORY if that is what the code means.
Error av_failure(int code, holo_status status, const std::string& what, Talk& talk);
// "12.345 s"
std::string seconds_text(double seconds);
inline std::string seconds_text(std::int64_t ticks, AVRational time_base) {
  return seconds_text(static_cast<double>(ticks) * av_q2d(time_base));
}

}  // namespace holo::media
