// Feeds packets to libavcodec and watches for damage that neither library calls an error.
#include "core/media/ffmpeg/frame_decoder.hpp"

#include <algorithm>
#include <thread>

namespace holo::media {

namespace {

constexpr unsigned kMaxThreads = 8;
constexpr std::int64_t kMaxPixels = std::int64_t{1} << 28;
constexpr double kTolerance = 0.5;  // seconds that may be missing at the end
// Far from where sums and differences of times would overflow.
constexpr std::int64_t kMostTicks = std::int64_t{1} << 61;

}  // namespace

Status FrameDecoder::open() {
  const AVCodec* codec = avcodec_find_decoder(video_.codecpar->codec_id);
  const std::string name = avcodec_get_name(video_.codecpar->codec_id);
  if (codec == nullptr) {
    return make_error(HOLO_UNSUPPORTED, "this FFmpeg has no decoder for " + name);
  }
  codec_.reset(avcodec_alloc_context3(codec));
  if (!codec_ || !packet_) return make_error(HOLO_NO_MEMORY, "no memory for a decoder");
  codec_->opaque = &input_.talk();
  codec_->pkt_timebase = video_.time_base;
  codec_->thread_count =
      static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1u, kMaxThreads));
  codec_->flags |= AV_CODEC_FLAG_BITEXACT;
  codec_->err_recognition = AV_EF_CRCCHECK | AV_EF_BITSTREAM | AV_EF_BUFFER | AV_EF_EXPLODE;
  codec_->max_pixels = kMaxPixels;
  int opened = avcodec_parameters_to_context(codec_.get(), video_.codecpar);
  if (opened >= 0) opened = avcodec_open2(codec_.get(), codec, nullptr);
  if (opened < 0) {
    return av_failure(opened, HOLO_CORRUPT, "cannot start the " + name + " decoder", input_.talk());
  }
  return {};
}

Error FrameDecoder::damaged(const std::string& what, int code) {
  return av_failure(code, HOLO_CORRUPT, what + " at " + where(), input_.talk());
}

std::string FrameDecoder::where() const {
  return last_pts_ ? "or after " + seconds_text(*last_pts_, video_.time_base) : "the beginning";
}

void FrameDecoder::note_end(const AVPacket& packet) {
  const AVStream& stream = *input_.context()->streams[packet.stream_index];
  const std::int64_t start = packet.pts != AV_NOPTS_VALUE ? packet.pts : packet.dts;
  if (start == AV_NOPTS_VALUE) return;
  const double end =
      (static_cast<double>(start) + std::max(static_cast<double>(packet.duration), 0.0)) *
      av_q2d(stream.time_base);
  end_ = std::max(end_, end);
  if (packet.stream_index == video_.index) video_end_ = std::max(video_end_, end);
}

// An end that comes before the file's own claim is a truncated file. Only claims that stand in
// the file count, not those that libavformat worked out from the bit rate.
Status FrameDecoder::check_end() const {
  const AVFormatContext& file = *input_.context();
  if (input_.talk().mentions("ended prematurely")) {
    return make_error(HOLO_CORRUPT, "the file is cut short: it breaks off at or after " +
                                        seconds_text(std::max(video_end_, 0.0)));
  }
  if (file.duration_estimation_method != AVFMT_DURATION_FROM_STREAM || file.duration <= 0) {
    return {};
  }
  const double start =
      file.start_time == AV_NOPTS_VALUE ? 0.0 : static_cast<double>(file.start_time) / AV_TIME_BASE;
  const double claimed = std::max(start, 0.0) + static_cast<double>(file.duration) / AV_TIME_BASE;
  if (end_ <
      std::min(claimed, start + static_cast<double>(file.duration) / AV_TIME_BASE) - kTolerance) {
    return make_error(HOLO_CORRUPT, "the file is cut short: it claims to last until " +
                                        seconds_text(claimed) + " and ends at " +
                                        seconds_text(std::max(end_, 0.0)));
  }
  return {};
}

// Feeds the decoder one packet of our stream, or the end.
Status FrameDecoder::feed() {
  for (;;) {
    auto got = input_.read(*packet_);
    if (!got) {
      Error error = std::move(got).error();
      error.message += ", at " + where();
      return error;
    }
    if (!*got) {
      HOLO_TRY(check_end());
      ended_ = true;
      const int sent = avcodec_send_packet(codec_.get(), nullptr);
      if (sent < 0 && sent != AVERROR_EOF) return damaged("the last frames are damaged", sent);
      return {};
    }
    note_end(*packet_);
    if (packet_->stream_index != video_.index) continue;
    if ((packet_->flags & AV_PKT_FLAG_CORRUPT) != 0) {
      return damaged("a frame is cut short", AVERROR_INVALIDDATA);
    }
    if (!key_seen_ && (packet_->flags & AV_PKT_FLAG_KEY) == 0) continue;
    key_seen_ = true;
    const int sent = avcodec_send_packet(codec_.get(), packet_.get());
    if (sent < 0 && sent != AVERROR_EOF) return damaged("damaged frame", sent);
    return {};
  }
}

Result<AvPtr<AVFrame>> FrameDecoder::next() {
  const TalkScope scope(input_.talk());
  AvPtr<AVFrame> frame(av_frame_alloc());
  if (!frame) return make_error(HOLO_NO_MEMORY, "no memory for a video frame");
  for (;;) {
    const int got = avcodec_receive_frame(codec_.get(), frame.get());
    if (got == 0) break;
    if (got == AVERROR_EOF) return AvPtr<AVFrame>();
    if (got != AVERROR(EAGAIN)) return damaged("damaged frame", got);
    if (ended_) return AvPtr<AVFrame>();
    HOLO_TRY(feed());
  }
  HOLO_TRY(set_time(*frame));
  // FFV1 fills a damaged slice from the frame before and only says so.
  if ((frame->flags & AV_FRAME_FLAG_CORRUPT) != 0 || frame->decode_error_flags != 0 ||
      input_.talk().mentions("CRC mismatch")) {
    return damaged("damaged frame", AVERROR_INVALIDDATA);
  }
  HOLO_TRY(check_format(*frame));
  return frame;
}

Status FrameDecoder::set_time(AVFrame& frame) {
  std::int64_t pts = frame.pts != AV_NOPTS_VALUE ? frame.pts : frame.best_effort_timestamp;
  if (pts == AV_NOPTS_VALUE) {
    const AVRational rate = video_.avg_frame_rate;
    const std::int64_t step =
        frame.pkt_duration > 0
            ? frame.pkt_duration
            : (rate.num > 0 && rate.den > 0 ? av_rescale_q(1, av_inv_q(rate), video_.time_base)
                                            : std::int64_t{1});
    pts = last_pts_ ? av_sat_add64(*last_pts_, std::max<std::int64_t>(step, 1)) : 0;
  }
  if (last_pts_ && pts <= *last_pts_) pts = *last_pts_ + 1;
  if (pts < -kMostTicks || pts > kMostTicks) {
    return damaged("a frame with an impossible time", AVERROR_INVALIDDATA);
  }
  last_pts_ = pts;
  frame.pts = pts;
  return {};
}

Status FrameDecoder::check_format(const AVFrame& frame) {
  const Format format{frame.width, frame.height, frame.format};
  if (!format_) format_ = format;
  if (format == *format_) return {};
  return make_error(HOLO_UNSUPPORTED,
                    "the picture changes from " + std::to_string(format_->width) + "x" +
                        std::to_string(format_->height) + " to " + std::to_string(frame.width) +
                        "x" + std::to_string(frame.height) + " (or its pixel format) at " +
                        seconds_text(frame.pts, video_.time_base) +
                        "; streams with more than one format are not read: split the file there");
}

}  // namespace holo::media
