// Which streams a target can hold, and moving their packets over in time order.
#include "core/media/ffmpeg/carry.hpp"

extern "C" {
#include <libavutil/display.h>
}

#include <algorithm>
#include <array>
#include <cstring>

#include "core/media/ffmpeg/private_data.hpp"

namespace holo::media {

namespace {

constexpr int kReadBuffer = 1 << 15;
constexpr std::size_t kLookAhead = 256;  // packets read to learn where the streams begin
constexpr AVRational kMillisecond = {1, 1000};
constexpr int kOpusRate = 48000;

// Written by whoever muxed the source, about a file that no longer is.
constexpr std::string_view kStaleTags[] = {
    "encoder",      "major_brand", "minor_version",    "compatible_brands", "duration",
    "handler_name", "vendor_id",   "number_of_frames", "number_of_bytes",   "bps"};
// What MP4 has a place for.
constexpr std::string_view kMp4Tags[] = {
    "title",    "artist",     "album_artist",  "composer",     "album",         "date",
    "comment",  "genre",      "copyright",     "grouping",     "lyrics",        "description",
    "synopsis", "show",       "network",       "episode_id",   "keywords",      "track",
    "disc",     "media_type", "rating",        "language",     "creation_time", "location",
    "make",     "model",      "season_number", "episode_sort", "compilation",   "gapless_playback",
    "hd_video", "author",     "year",          "timecode"};
constexpr AVPacketSideDataType kVideoSideData[] = {
    AV_PKT_DATA_MASTERING_DISPLAY_METADATA, AV_PKT_DATA_CONTENT_LIGHT_LEVEL, AV_PKT_DATA_STEREO3D,
    AV_PKT_DATA_SPHERICAL, AV_PKT_DATA_ICC_PROFILE};

struct PictureType {
  AVCodecID codec;
  const char* mime;
  const char* name;
};
constexpr PictureType kPictureTypes[] = {
    {AV_CODEC_ID_MJPEG, "image/jpeg", "cover.jpg"},
    {AV_CODEC_ID_PNG, "image/png", "cover.png"},
    {AV_CODEC_ID_GIF, "image/gif", "cover.gif"},
    {AV_CODEC_ID_TIFF, "image/tiff", "cover.tiff"},
};

bool same_letters(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return std::tolower(static_cast<unsigned char>(x)) ==
                  std::tolower(static_cast<unsigned char>(y));
         });
}

bool is_stale(std::string_view key) {
  if (key.starts_with("_STATISTICS")) return true;
  return std::any_of(std::begin(kStaleTags), std::end(kStaleTags), [&](std::string_view stale) {
    return same_letters(key.substr(0, stale.size()), stale) &&
           (key.size() == stale.size() || key[stale.size()] == '-');  // "BPS-eng"
  });
}

void copy_tags(const AVDictionary* from, AVDictionary** to) {
  const AVDictionaryEntry* tag = nullptr;
  while ((tag = av_dict_get(from, "", tag, AV_DICT_IGNORE_SUFFIX)) != nullptr) {
    if (!is_stale(tag->key)) av_dict_set(to, tag->key, tag->value, 0);
  }
}

bool to_matroska(const AVFormatContext& output) {
  return std::string_view(output.oformat->name) == "matroska";
}

bool holds(const AVFormatContext& output, AVCodecID codec) {
  return avformat_query_codec(output.oformat, codec, FF_COMPLIANCE_EXPERIMENTAL) == 1;
}

std::string extension(const AVFormatContext& output) {
  return to_matroska(output) ? ".mkv" : "." + std::string(output.oformat->name);
}

Error no_memory() { return make_error(HOLO_NO_MEMORY, "no memory for a carried stream"); }

Status set_extradata(AVCodecParameters& parameters, const std::uint8_t* data, int size) {
  av_freep(&parameters.extradata);
  parameters.extradata_size = 0;
  parameters.extradata = static_cast<std::uint8_t*>(
      av_mallocz(static_cast<std::size_t>(size) + AV_INPUT_BUFFER_PADDING_SIZE));
  if (parameters.extradata == nullptr) return no_memory();
  std::memcpy(parameters.extradata, data, static_cast<std::size_t>(size));
  parameters.extradata_size = size;
  return {};
}

// What is true of the pictures of a stream and not known to the codec.
void copy_video_properties(const AVStream& from, AVStream& to) {
  copy_tags(from.metadata, &to.metadata);
  to.disposition = from.disposition;
  to.sample_aspect_ratio = from.sample_aspect_ratio.num > 0 ? from.sample_aspect_ratio
                                                            : from.codecpar->sample_aspect_ratio;
  to.codecpar->sample_aspect_ratio = to.sample_aspect_ratio;
  if (to.codecpar->field_order == AV_FIELD_UNKNOWN) {
    to.codecpar->field_order = from.codecpar->field_order;
  }
  for (const AVPacketSideDataType type : kVideoSideData) {
    std::size_t size = 0;
    const std::uint8_t* data = av_stream_get_side_data(&from, type, &size);
    if (data == nullptr) continue;
    std::uint8_t* copy = av_stream_new_side_data(&to, type, size);
    if (copy != nullptr) std::memcpy(copy, data, size);
  }
}

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

Status CarriedStreams::add_streams() {
  AVFormatContext& file = *input_->context();
  const TalkScope scope(input_->talk());
  int video = find_video_stream(&file);
  if (video >= 0 && is_holovid_stream(*file.streams[video])) {
    // Nothing more can be found out about our own stream, so do not look for long.
    file.probesize = 1 << 18;
  }
  const int probed = avformat_find_stream_info(&file, nullptr);
  if (input_->read_error()) return *input_->read_error();
  if (probed < 0) {
    return av_failure(probed, HOLO_CORRUPT, "the streams cannot be told apart", input_->talk());
  }
  input_->talk().take();
  video = find_video_stream(&file);
  routes_.resize(file.nb_streams);
  for (unsigned i = 0; i < file.nb_streams; ++i) {
    AVStream& from = *file.streams[i];
    if (static_cast<int>(i) == video) {
      source_shift_ = recorded_shift(from);
      copy_video_properties(from, *output_.streams[0]);
      from.discard = AVDISCARD_ALL;
      continue;
    }
    HOLO_TRY(add_stream(from));
    if (routes_[i].out == nullptr) from.discard = AVDISCARD_ALL;
  }
  add_chapters();
  add_tags();
  return {};
}

void CarriedStreams::leave_out(const AVStream& from, const char* why) {
  const char* kind = av_get_media_type_string(from.codecpar->codec_type);
  warnings_.push_back(std::string(kind != nullptr ? kind : "unknown") + " stream " +
                      std::to_string(from.index) + " (" +
                      avcodec_get_name(from.codecpar->codec_id) + ") was left out: " + why);
}

AVCodecID CarriedStreams::substitute(const AVStream& from) const {
  const AVCodecDescriptor* codec = avcodec_descriptor_get(from.codecpar->codec_id);
  if (from.codecpar->codec_type != AVMEDIA_TYPE_SUBTITLE || codec == nullptr ||
      (codec->props & AV_CODEC_PROP_TEXT_SUB) == 0) {
    return AV_CODEC_ID_NONE;
  }
  for (const AVCodecID id : {AV_CODEC_ID_SUBRIP, AV_CODEC_ID_MOV_TEXT}) {
    if (holds(output_, id)) return id;
  }
  return AV_CODEC_ID_NONE;
}

Status CarriedStreams::add_stream(const AVStream& from) {
  const AVMediaType type = from.codecpar->codec_type;
  if ((from.disposition & AV_DISPOSITION_ATTACHED_PIC) != 0) return add_cover(from);
  // The text track of chapters, which are copied as such.
  if (type == AVMEDIA_TYPE_DATA && from.discard == AVDISCARD_ALL) return {};
  if (type == AVMEDIA_TYPE_VIDEO) {
    leave_out(from, "one video stream is stored");
    return {};
  }
  if (type != AVMEDIA_TYPE_AUDIO && type != AVMEDIA_TYPE_SUBTITLE &&
      (type != AVMEDIA_TYPE_ATTACHMENT || !to_matroska(output_))) {
    leave_out(from, (extension(output_) + " has no place for it").c_str());
    return {};
  }
  Route& route = routes_[static_cast<std::size_t>(from.index)];
  if (type != AVMEDIA_TYPE_ATTACHMENT && !holds(output_, from.codecpar->codec_id)) {
    const AVCodecID other = substitute(from);
    auto text = other == AV_CODEC_ID_NONE
                    ? Result<std::unique_ptr<TextSubtitles>>(make_error(HOLO_UNSUPPORTED, ""))
                    : TextSubtitles::create(from, other);
    if (!text) {
      leave_out(from, (extension(output_) + " cannot hold it" +
                       (to_matroska(output_) ? "" : "; .mkv may"))
                          .c_str());
      return {};
    }
    route.text = std::move(*text);
    if (from.codecpar->codec_id == AV_CODEC_ID_ASS) {
      warnings_.push_back("subtitle stream " + std::to_string(from.index) +
                          " (ass) was rewritten without its styles; .mkv keeps them");
    }
  }
  AVStream* out = avformat_new_stream(&output_, nullptr);
  if (out == nullptr) return no_memory();
  if (route.text) {
    HOLO_TRY(route.text->describe(*out->codecpar));
  } else if (avcodec_parameters_copy(out->codecpar, from.codecpar) < 0) {
    return no_memory();
  }
  out->codecpar->codec_tag = 0;
  out->time_base = from.time_base;
  out->disposition = from.disposition;
  copy_tags(from.metadata, &out->metadata);
  if (type == AVMEDIA_TYPE_ATTACHMENT) {
    av_dict_set(&out->metadata, "filename", "attachment", AV_DICT_DONT_OVERWRITE);
    av_dict_set(&out->metadata, "mimetype", "application/octet-stream", AV_DICT_DONT_OVERWRITE);
    return {};  // its bytes are the extradata
  }
  route.out = out;
  if (to_matroska(output_) && out->codecpar->codec_id == AV_CODEC_ID_OPUS) {
    route.priming = av_rescale_q(out->codecpar->initial_padding, {1, kOpusRate}, kMillisecond);
  }
  return {};
}

Status CarriedStreams::add_cover(const AVStream& from) {
  const auto* type =
      std::find_if(std::begin(kPictureTypes), std::end(kPictureTypes),
                   [&](const PictureType& row) { return row.codec == from.codecpar->codec_id; });
  const AVPacket& picture = from.attached_pic;
  if (picture.size <= 0 || type == std::end(kPictureTypes) ||
      (!to_matroska(output_) && !holds(output_, from.codecpar->codec_id))) {
    leave_out(from, "a cover picture of a kind that cannot be stored");
    return {};
  }
  AVStream* out = avformat_new_stream(&output_, nullptr);
  if (out == nullptr || avcodec_parameters_copy(out->codecpar, from.codecpar) < 0) {
    return no_memory();
  }
  out->codecpar->codec_tag = 0;
  copy_tags(from.metadata, &out->metadata);
  if (to_matroska(output_)) {
    out->codecpar->codec_type = AVMEDIA_TYPE_ATTACHMENT;
    av_dict_set(&out->metadata, "filename", type->name, AV_DICT_DONT_OVERWRITE);
    av_dict_set(&out->metadata, "mimetype", type->mime, AV_DICT_DONT_OVERWRITE);
    return set_extradata(*out->codecpar, picture.data, picture.size);
  }
  out->disposition = from.disposition;
  out->time_base = from.time_base;
  AvPtr<AVPacket> packet(av_packet_clone(&picture));
  if (!packet) return no_memory();
  packet->stream_index = out->index;
  covers_.push_back(std::move(packet));
  return {};
}

void CarriedStreams::add_chapters() {
  const AVFormatContext& file = *input_->context();
  if (file.nb_chapters == 0) return;
  auto** list = static_cast<AVChapter**>(av_calloc(file.nb_chapters, sizeof(AVChapter*)));
  if (list == nullptr) return;
  unsigned count = 0;
  for (unsigned i = 0; i < file.nb_chapters; ++i) {
    auto* chapter = static_cast<AVChapter*>(av_mallocz(sizeof(AVChapter)));
    if (chapter == nullptr) break;
    const AVChapter& from = *file.chapters[i];
    const std::int64_t back = av_rescale_q(source_shift_, kMillisecond, from.time_base);
    chapter->id = from.id;
    chapter->time_base = from.time_base;
    chapter->start = from.start - back;
    chapter->end = from.end == AV_NOPTS_VALUE ? from.end : from.end - back;
    copy_tags(from.metadata, &chapter->metadata);
    list[count++] = chapter;
  }
  output_.chapters = list;
  output_.nb_chapters = count;
}

void CarriedStreams::add_tags() {
  const AVFormatContext& file = *input_->context();
  copy_tags(file.metadata, &output_.metadata);
  if (to_matroska(output_)) return;
  std::string lost;
  const AVDictionaryEntry* tag = nullptr;
  while ((tag = av_dict_get(output_.metadata, "", tag, AV_DICT_IGNORE_SUFFIX)) != nullptr) {
    const std::string_view key = tag->key;
    if (std::none_of(std::begin(kMp4Tags), std::end(kMp4Tags),
                     [&](std::string_view known) { return same_letters(known, key); })) {
      lost += (lost.empty() ? "" : ", ") + std::string(key);
    }
  }
  if (!lost.empty()) {
    warnings_.push_back("tags that " + extension(output_) + " has no place for were left out (" +
                        lost + "); .mkv keeps them");
  }
}

std::int64_t CarriedStreams::milliseconds(const AVPacket& packet) const {
  const std::int64_t time = packet.dts != AV_NOPTS_VALUE ? packet.dts : packet.pts;
  if (time == AV_NOPTS_VALUE) return INT64_MIN;
  return av_rescale_q_rnd(time, input_->context()->streams[packet.stream_index]->time_base,
                          kMillisecond, AV_ROUND_DOWN) -
         source_shift_;
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
      if (time != INT64_MIN) first = std::min(first, time + route.priming);
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
    if (written < 0) return av_failure(written, HOLO_IO, "cannot write", input_->talk());
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
  const std::int64_t lead = packet.pts - packet.dts;
  // Audio times that were rounded to milliseconds fall back onto the grid of samples.
  const int samples = out.codecpar->codec_type == AVMEDIA_TYPE_AUDIO
                          ? av_get_audio_frame_duration2(out.codecpar, packet.size)
                          : 0;
  if (samples > 0 && lead == 0 && packet.dts != AV_NOPTS_VALUE &&
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
  if (packet.pts != AV_NOPTS_VALUE) packet.pts += move;
  if (packet.dts != AV_NOPTS_VALUE) packet.dts += move;
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
