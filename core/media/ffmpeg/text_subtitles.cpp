// Decodes a subtitle packet to styled text and encodes that again.
#include "core/media/ffmpeg/text_subtitles.hpp"

#include <cstring>
#include <vector>

namespace holo::media {

namespace {

constexpr std::size_t kMaxSubtitle = std::size_t{1} << 20;

struct Subtitle : AVSubtitle {
  Subtitle() : AVSubtitle{} {}
  ~Subtitle() { avsubtitle_free(this); }
  Subtitle(const Subtitle&) = delete;
  Subtitle& operator=(const Subtitle&) = delete;
};

Error no_coder(AVCodecID id) {
  return make_error(HOLO_UNSUPPORTED, std::string("no subtitle coder for ") + avcodec_get_name(id));
}

}  // namespace

Result<std::unique_ptr<TextSubtitles>> TextSubtitles::create(const AVStream& from, AVCodecID to) {
  const AVCodec* decoder = avcodec_find_decoder(from.codecpar->codec_id);
  const AVCodec* encoder = avcodec_find_encoder(to);
  if (decoder == nullptr) return no_coder(from.codecpar->codec_id);
  if (encoder == nullptr) return no_coder(to);
  auto text = std::make_unique<TextSubtitles>();
  text->decoder_.reset(avcodec_alloc_context3(decoder));
  text->encoder_.reset(avcodec_alloc_context3(encoder));
  if (!text->decoder_ || !text->encoder_) return make_error(HOLO_NO_MEMORY, "no memory");
  AVCodecContext& in = *text->decoder_;
  in.pkt_timebase = from.time_base;
  if (avcodec_parameters_to_context(&in, from.codecpar) < 0 ||
      avcodec_open2(&in, decoder, nullptr) < 0) {
    return no_coder(from.codecpar->codec_id);
  }
  AVCodecContext& out = *text->encoder_;
  out.time_base = {1, 1000};
  if (in.subtitle_header != nullptr) {
    const auto size = static_cast<std::size_t>(in.subtitle_header_size);
    out.subtitle_header = static_cast<std::uint8_t*>(av_mallocz(size + 1));
    if (out.subtitle_header == nullptr) return make_error(HOLO_NO_MEMORY, "no memory");
    std::memcpy(out.subtitle_header, in.subtitle_header, size);
    out.subtitle_header_size = in.subtitle_header_size;
  }
  if (avcodec_open2(&out, encoder, nullptr) < 0) return no_coder(to);
  return text;
}

Status TextSubtitles::describe(AVCodecParameters& parameters) const {
  if (avcodec_parameters_from_context(&parameters, encoder_.get()) < 0) {
    return make_error(HOLO_NO_MEMORY, "no memory for a subtitle stream");
  }
  return {};
}

Result<bool> TextSubtitles::convert(AVPacket& packet, Talk& talk) {
  const TalkScope scope(talk);
  Subtitle subtitle;
  int shows = 0;
  const int decoded = avcodec_decode_subtitle2(decoder_.get(), &subtitle, &shows, &packet);
  if (decoded < 0) return av_failure(decoded, HOLO_CORRUPT, "damaged subtitle", talk);
  if (shows == 0 || subtitle.num_rects == 0) return false;
  subtitle.start_display_time = 0;
  std::vector<std::uint8_t> bytes(kMaxSubtitle);
  const int size = avcodec_encode_subtitle(encoder_.get(), bytes.data(),
                                           static_cast<int>(bytes.size()), &subtitle);
  if (size < 0) return av_failure(size, HOLO_CORRUPT, "subtitle cannot be converted", talk);
  AVBufferRef* buffer =
      av_buffer_allocz(static_cast<std::size_t>(size) + AV_INPUT_BUFFER_PADDING_SIZE);
  if (buffer == nullptr) return make_error(HOLO_NO_MEMORY, "no memory for a subtitle");
  std::memcpy(buffer->data, bytes.data(), static_cast<std::size_t>(size));
  av_buffer_unref(&packet.buf);
  av_packet_free_side_data(&packet);
  packet.buf = buffer;
  packet.data = buffer->data;
  packet.size = size;
  return true;
}

}  // namespace holo::media
