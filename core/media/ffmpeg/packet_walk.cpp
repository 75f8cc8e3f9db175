// Packets from libavformat, parsed one after the other.
#include "core/media/ffmpeg/packet_walk.hpp"

namespace holo::media {

namespace {

// What stands between the start of a block's payload and the frame: track number (one byte below
// track 128), two bytes of time, one of flags.
constexpr std::uint64_t kBlockHead = 4;

}  // namespace

PacketWalk::PacketWalk(std::unique_ptr<InputFile> input, int stream, const StreamInfo& info,
                       std::uint32_t default_type)
    : input_(std::move(input)), stream_(stream), fresh_(info, default_type), context_(fresh_) {}

Result<PacketPtr> PacketWalk::next() {
  for (;;) {
    auto loaded = std::make_shared<LoadedPacket>();
    loaded->data.reset(av_packet_alloc());
    if (!loaded->data) return make_error(HOLO_NO_MEMORY, "no memory for a packet");
    auto got = input_->read(*loaded->data);
    readable_ = got.ok();
    if (!got) return std::move(got).error();
    if (!*got) return PacketPtr();
    const AVPacket& data = *loaded->data;
    if (data.stream_index != stream_ || data.size <= 0) continue;
    // Frames between damage and the next key packet cannot be told apart.
    if (lost_ && (data.data[0] & 1) == 0) continue;
    auto parsed = parse_packet(context_, {data.data, static_cast<std::size_t>(data.size)});
    if (!parsed) {
      lost_ = true;
      context_ = fresh_;
      return std::move(parsed).error();
    }
    lost_ = false;
    loaded->packet = std::move(*parsed);
    // A private codec's blocks carry the decoding time.
    const std::int64_t time = data.dts != AV_NOPTS_VALUE ? data.dts : data.pts;
    loaded->time = time == AV_NOPTS_VALUE ? INT64_MIN : time;
    loaded->offset = data.pos >= 0 ? static_cast<std::uint64_t>(data.pos) + kBlockHead : 0;
    return PacketPtr(std::move(loaded));
  }
}

Status PacketWalk::seek(std::int64_t time) {
  const TalkScope scope(input_->talk());
  context_ = fresh_;
  lost_ = true;
  const int sought = av_seek_frame(input_->context(), stream_, time, AVSEEK_FLAG_BACKWARD);
  if (input_->read_error()) return *input_->read_error();
  if (sought < 0) {
    return av_failure(sought, HOLO_CORRUPT, "cannot go to " + seconds_text(time, {1, 1000}),
                      input_->talk());
  }
  return {};
}

const std::vector<Cue>& PacketWalk::cues() {
  if (cues_) return *cues_;
  cues_.emplace();
  // libavformat reads the index when it first has to seek.
  AVStream* stream = input_->context()->streams[stream_];
  if (!seek(0).ok()) return *cues_;
  const int count = avformat_index_get_entries_count(stream);
  for (int i = 0; i < count; ++i) {
    const AVIndexEntry* entry = avformat_index_get_entry(stream, i);
    if (entry != nullptr && (entry->flags & AVINDEX_KEYFRAME) != 0 &&
        (cues_->empty() || entry->timestamp > cues_->back().time)) {
      cues_->push_back({entry->timestamp});
    }
  }
  return *cues_;
}

}  // namespace holo::media
