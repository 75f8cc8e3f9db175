// Interleaves the video with the carried streams and lets libavformat write them.
#include "core/media/ffmpeg/muxer.hpp"

#include <algorithm>

#include "core/media/ffmpeg/private_data.hpp"

namespace holo::media {

namespace {

constexpr AVRational kMillisecond = {1, 1000};

}  // namespace

int Muxer::open_io(AVFormatContext* context, AVIOContext** io, const char*, int flags,
                   AVDictionary**) {
  // The only reason to open a file is to read back what was written (MP4's second pass).
  if ((flags & AVIO_FLAG_WRITE) != 0) return AVERROR(EPERM);
  auto& talk = static_cast<MuxTalk&>(*static_cast<Talk*>(context->opaque));
  *io = talk.output.open_for_reading();
  return *io != nullptr ? 0 : AVERROR(ENOMEM);
}

int Muxer::close_io(AVFormatContext*, AVIOContext* io) {
  OutputFile::close_reading(io);
  return 0;
}

Result<std::unique_ptr<Muxer>> Muxer::create(AtomicFile& file, const std::string& format,
                                             const std::string& carry_from,
                                             std::vector<std::string>& warnings) {
  std::unique_ptr<Muxer> muxer(new Muxer(file));
  if (muxer->output_.io() == nullptr ||
      avformat_alloc_output_context2(&muxer->context_, nullptr, format.c_str(), "") < 0) {
    return make_error(HOLO_INTERNAL, "this FFmpeg cannot write " + format);
  }
  AVFormatContext& context = *muxer->context_;
  context.pb = muxer->output_.io();
  context.opaque = static_cast<Talk*>(&muxer->talk_);
  context.io_open = open_io;
  context.io_close2 = close_io;
  context.flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_BITEXACT;
  context.flush_packets = 0;
  context.avoid_negative_ts = 0;  // the default would move every stream by the audio's priming
  context.strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL;
  AVStream* video = avformat_new_stream(&context, nullptr);
  if (video == nullptr) return make_error(HOLO_NO_MEMORY, "no memory to write a video");
  video->codecpar->codec_type = AVMEDIA_TYPE_VIDEO;
  video->disposition = AV_DISPOSITION_DEFAULT;
  if (!carry_from.empty()) {
    HOLO_ASSIGN(muxer->carried_, CarriedStreams::open(carry_from, context, warnings));
  }
  return muxer;
}

Muxer::~Muxer() {
  if (context_ == nullptr) return;
  context_->pb = nullptr;  // belongs to output_
  avformat_free_context(context_);
}

bool Muxer::needs_global_header() const {
  return (context_->oformat->flags & AVFMT_GLOBALHEADER) != 0;
}

Status Muxer::check(int result, const char* what) {
  if (output_.write_error()) return *output_.write_error();
  if (result < 0) return av_failure(result, HOLO_IO, what, talk_);
  return {};
}

Result<std::int64_t> Muxer::plan_shift(std::int64_t first_pts, AVRational time_base) {
  if (std::string_view(context_->oformat->name) != "matroska") return 0;
  std::int64_t first = av_rescale_q_rnd(first_pts, time_base, kMillisecond, AV_ROUND_DOWN);
  if (carried_) {
    HOLO_ASSIGN(const std::int64_t carried, carried_->earliest());
    first = std::min(first, carried);
  }
  if (first < -kMostShift) {
    return make_error(HOLO_INVALID_ARG, "the first time is " + std::to_string(first) +
                                            " ms; Matroska files can begin at most " +
                                            std::to_string(kMostShift) +
                                            " ms before zero, so move the times later");
  }
  shift_ = std::max<std::int64_t>(-first, 0);
  return shift_;
}

Status Muxer::begin(AVRational time_base, Options& options) {
  const TalkScope scope(talk_);
  time_base_ = time_base;
  video().time_base = time_base;
  HOLO_TRY(check(avformat_write_header(context_, options.get()), "cannot begin the file"));
  // Shows a full disk early, before much work was done.
  avio_flush(context_->pb);
  return check(0, "cannot begin the file");
}

Status Muxer::write(AVPacket& packet, bool new_cluster) {
  const TalkScope scope(talk_);
  if (carried_) {
    const std::int64_t limit =
        av_rescale_q_rnd(packet.dts, time_base_, kMillisecond, AV_ROUND_DOWN);
    Status carried = carried_->write_until(limit, shift_);
    HOLO_TRY(check(0, "cannot write"));
    HOLO_TRY(carried);
  }
  if (new_cluster) HOLO_TRY(check(av_write_frame(context_, nullptr), "cannot write"));
  const AVRational out = video().time_base;
  const std::int64_t move = av_rescale_q(shift_, kMillisecond, out);
  const std::int64_t end = av_rescale_q(av_sat_add64(packet.pts, packet.duration), time_base_, out);
  packet.pts = av_rescale_q(packet.pts, time_base_, out);
  packet.dts = av_rescale_q(packet.dts, time_base_, out);
  packet.duration =
      packet.duration > 0 ? std::max<std::int64_t>(av_sat_sub64(end, packet.pts), 0) : 0;
  packet.pts = av_sat_add64(packet.pts, move);
  packet.dts = av_sat_add64(packet.dts, move);
  packet.stream_index = 0;
  packet.pos = -1;
  return check(av_write_frame(context_, &packet), "cannot write a frame");
}

Status Muxer::finish() {
  const TalkScope scope(talk_);
  if (carried_) {
    Status carried = carried_->write_until(INT64_MAX, shift_);
    HOLO_TRY(check(0, "cannot write"));
    HOLO_TRY(carried);
  }
  HOLO_TRY(check(av_write_trailer(context_), "cannot end the file"));
  avio_flush(context_->pb);
  return check(0, "cannot end the file");
}

}  // namespace holo::media
