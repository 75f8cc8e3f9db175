// Which streams a target can hold, and describing them there.
#include <algorithm>
#include <cstring>

#include "core/media/ffmpeg/carry.hpp"
#include "core/media/ffmpeg/carry_tags.hpp"

namespace holo::media {

namespace {

constexpr AVRational kMillisecond = {1, 1000};
constexpr int kOpusRate = 48000;
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
Status copy_video_properties(const AVStream& from, AVStream& to) {
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
    if (copy == nullptr) return no_memory();
    std::memcpy(copy, data, size);
  }
  return {};
}

}  // namespace

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
      HOLO_TRY(copy_video_properties(from, *output_.streams[0]));
      from.discard = AVDISCARD_ALL;
      continue;
    }
    HOLO_TRY(add_stream(from));
    if (routes_[i].out == nullptr) from.discard = AVDISCARD_ALL;
  }
  HOLO_TRY(copy_chapters(file, output_, source_shift_));
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

void CarriedStreams::add_tags() {
  copy_tags(input_->context()->metadata, &output_.metadata);
  if (to_matroska(output_)) return;
  const std::string lost = tags_lost_in_mp4(output_.metadata);
  if (!lost.empty()) {
    warnings_.push_back("tags that " + extension(output_) + " has no place for were left out (" +
                        lost + "); .mkv keeps them");
  }
}

}  // namespace holo::media
