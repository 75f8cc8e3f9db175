// Moves the packets of what is carried along, in time order.
#include "core/media/ffmpeg/carry.hpp"

#include <algorithm>

#include "core/media/ffmpeg/private_data.hpp"

namespace holo::media {

namespace {

constexpr int kReadBuffer = 1 << 15;
constexpr std::size_t kLookAhead = 256;  // packets read to learn where the streams begin
constexpr AVRational kMillisecond = {1, 1000};

Error no_memory() { return make_error(HOLO_NO_MEMORY, "no memory for a carried stream"); }

}  // namespace

std::int64_t recorded_shift(const AVStream& stream) {
  if (!is_holovid_stream(stream)) return 0;
  const auto data = unwrap_private_data(
      {stream.codecpar->extradata, static_cast<std::size_t>(stream.codecpar->extradata_size)});
  return data ? data->shift : 0;
}

Result<std::unique_ptr<CarriedStreams>> CarriedStreams::open(const std::string& path,
                                                             AVFormatContext& output,
                                                             std::vector<std::string>& warnings) {
  std::unique_ptr<CarriedStreams> carried(new CarriedStreams(output, warnings));
  auto opened = InputFile::open(path, kReadBuffer);
  if (!opened) return std::move(opened).error().in("streams to carry along");
  carried->input_ = std::move(*opened);
  Status added = carried->add_streams();
  if (!added) return std::move(added).error().in("streams to carry along");
  return carried;
}

std::int64_t CarriedStreams::milliseconds(const AVPacket& packet) const {
  const std::int64_t time = packet.dts != AV_NOPTS_VALUE ? packet.dts : packet.pts;
  if (time == AV_NOPTS_VALUE) return INT64_MIN;
  const std::int64_t source =
      av_rescale_q_rnd(time, input_->context()->streams[packet.stream_index]->time_base,
                       kMillisecond, AV_ROUND_DOWN);
  return av_sat_sub64(source, source_shift_);
}

// The next packet of a stream that goes along; null at the end.
Result<AvPtr<AVPacket>> CarriedStreams::fetch() {
  while (!ended_) {
    AvPtr<AVPacket> packet(av_packet_alloc());
    if (!packet) return no_memory();
    auto got = input_->read(*packet);
    if (!got) return std::move(got).error().in("streams to carry along");
    if (!*got) {
      ended_ = true;
      break;
    }
    const auto index = static_cast<std::size_t>(packet->stream_index);
    // A demuxer may find streams late, such as MPEG transport streams; those stay behind.
    if (index < routes_.size() && routes_[index].out != nullptr) return packet;
  }
  return AvPtr<AVPacket>();
}

Result<std::int64_t> CarriedStreams::earliest() {
  std::int64_t first = INT64_MAX;
  const auto wait = [this] {
    return std::any_of(routes_.begin(), routes_.end(), [](const Route& route) {
      return route.out != nullptr && !route.seen &&
             route.out->codecpar->codec_type == AVMEDIA_TYPE_AUDIO;
    });
  };
  while (wait() && ahead_.size() < kLookAhead) {
    HOLO_ASSIGN(auto packet, fetch());
    if (!packet) break;
    Route& route = routes_[static_cast<std::size_t>(packet->stream_index)];
    if (!route.seen) {
      const std::int64_t time = milliseconds(*packet);
      if (time != INT64_MIN) first = std::min(first, av_sat_add64(time, route.priming));
      route.seen = true;
    }
    ahead_.push_back(std::move(packet));
  }
  return first;
}

Status CarriedStreams::write_until(std::int64_t limit, std::int64_t shift) {
  HOLO_TRY(write_covers());
  for (;;) {
    if (ahead_.empty()) {
      HOLO_ASSIGN(auto packet, fetch());
      if (!packet) return {};
      ahead_.push_back(std::move(packet));
    }
    if (milliseconds(*ahead_.front()) > limit) return {};
    const AvPtr<AVPacket> packet = std::move(ahead_.front());
    ahead_.pop_front();
    HOLO_TRY(write(*packet, shift));
  }
}

Status CarriedStreams::write_covers() {
  for (const AvPtr<AVPacket>& cover : covers_) {
    const int written = av_write_frame(&output_, cover.get());
    if (written < 0) {
      return av_failure(written, HOLO_IO, "cannot write a cover picture",
                        *static_cast<Talk*>(output_.opaque));
    }
  }
  covers_.clear();
  return {};
}

Status CarriedStreams::write(AVPacket& packet, std::int64_t shift) {
  const AVStream& from = *input_->context()->streams[packet.stream_index];
  Route& route = routes_[static_cast<std::size_t>(packet.stream_index)];
  AVStream& out = *route.out;
  if (route.text) {
    HOLO_ASSIGN(const bool shows, route.text->convert(packet, input_->talk()));
    if (!shows) return {};
  }
  if (packet.pts == AV_NOPTS_VALUE) packet.pts = packet.dts;
  if (packet.dts == AV_NOPTS_VALUE) packet.dts = packet.pts;
  // Audio times that were rounded to milliseconds fall back onto the grid of samples.
  const int samples = out.codecpar->codec_type == AVMEDIA_TYPE_AUDIO
                          ? av_get_audio_frame_duration2(out.codecpar, packet.size)
                          : 0;
  if (samples > 0 && packet.pts == packet.dts && packet.dts != AV_NOPTS_VALUE &&
      av_cmp_q(from.time_base, out.time_base) > 0) {
    packet.dts = av_rescale_delta(from.time_base, packet.dts, {1, out.codecpar->sample_rate},
                                  samples, &route.rescale_state, out.time_base);
    packet.pts = packet.dts;
    packet.duration = av_rescale_q(samples, {1, out.codecpar->sample_rate}, out.time_base);
  } else {
    av_packet_rescale_ts(&packet, from.time_base, out.time_base);
  }
  const std::int64_t move =
      av_rescale_q(shift - source_shift_ + route.priming, kMillisecond, out.time_base);
  if (packet.pts != AV_NOPTS_VALUE) packet.pts = av_sat_add64(packet.pts, move);
  if (packet.dts != AV_NOPTS_VALUE) packet.dts = av_sat_add64(packet.dts, move);
  packet.stream_index = out.index;
  packet.pos = -1;
  const TalkScope scope(input_->talk());
  const int written = av_write_frame(&output_, &packet);
  if (written < 0) {
    return av_failure(written, HOLO_IO,
                      "cannot write a packet of stream " + std::to_string(from.index),
                      *static_cast<Talk*>(output_.opaque));
  }
  return {};
}

}  // namespace holo::media
