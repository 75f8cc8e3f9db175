// Encoding and inspecting clips straight through libavformat and libavcodec.
#include "core/media/ffmpeg/clip.hpp"

extern "C" {
#include <libavutil/channel_layout.h>
#include <libavutil/display.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
}

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <fstream>

namespace holo::media::test {

namespace fs = std::filesystem;

Folder::Folder() {
  std::string pattern = (fs::temp_directory_path() / "holo-ffmpeg-XXXXXX").string();
  REQUIRE(::mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}
Folder::~Folder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}
std::size_t Folder::entries() const {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(path_), fs::directory_iterator()));
}

unsigned pattern(int index, int plane, int x, int y, int depth) {
  const unsigned most = (1u << depth) - 1;
  const auto wave = 0.5 + 0.3 * std::sin(0.2 * (x + 2 * index)) + 0.2 * std::cos(0.3 * y + plane);
  return static_cast<unsigned>(std::lround(wave * most * 0.9)) & most;
}

namespace {

AVFrame* draw(const Clip& clip, int index) {
  AVFrame* frame = av_frame_alloc();
  frame->format = clip.format;
  frame->width = clip.width;
  frame->height = clip.height;
  frame->colorspace = clip.matrix;
  frame->color_range = clip.range;
  REQUIRE(av_frame_get_buffer(frame, 0) == 0);
  for (auto* buffer : frame->buf) {
    if (buffer != nullptr) std::memset(buffer->data, 0, buffer->size);
  }
  const AVPixFmtDescriptor* type = av_pix_fmt_desc_get(clip.format);
  for (int c = 0; c < type->nb_components; ++c) {
    const bool chroma = (c == 1 || c == 2) && (type->flags & AV_PIX_FMT_FLAG_RGB) == 0;
    const int width = chroma ? AV_CEIL_RSHIFT(clip.width, type->log2_chroma_w) : clip.width;
    const int height = chroma ? AV_CEIL_RSHIFT(clip.height, type->log2_chroma_h) : clip.height;
    std::vector<std::uint16_t> row(static_cast<std::size_t>(width));
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        row[static_cast<std::size_t>(x)] =
            static_cast<std::uint16_t>(pattern(index, c, x, y, type->comp[c].depth));
      }
      av_write_image_line2(row.data(), frame->data, frame->linesize, type, 0, y, c, width, 2);
    }
  }
  return frame;
}

struct Track {
  AVCodecContext* codec = nullptr;
  AVStream* stream = nullptr;
};

void drain(AVFormatContext* file, const Track& track, const AVFrame* frame) {
  REQUIRE(avcodec_send_frame(track.codec, frame) == 0);
  AVPacket* packet = av_packet_alloc();
  while (avcodec_receive_packet(track.codec, packet) == 0) {
    av_packet_rescale_ts(packet, track.codec->time_base, track.stream->time_base);
    packet->stream_index = track.stream->index;
    REQUIRE(av_interleaved_write_frame(file, packet) == 0);
  }
  av_packet_free(&packet);
}

Track add_video(AVFormatContext* file, const Clip& clip) {
  const AVCodec* encoder = avcodec_find_encoder_by_name(clip.codec);
  REQUIRE(encoder != nullptr);
  Track track{avcodec_alloc_context3(encoder), avformat_new_stream(file, nullptr)};
  AVCodecContext& codec = *track.codec;
  codec.width = clip.width;
  codec.height = clip.height;
  codec.pix_fmt = clip.format;
  codec.time_base = clip.time_base;
  codec.framerate = clip.rate;
  codec.colorspace = clip.matrix;
  codec.color_range = clip.range;
  if (clip.gop > 0) codec.gop_size = clip.gop;
  codec.thread_count = 1;
  codec.strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL;
  codec.flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  if (std::string(clip.codec) == "ffv1") codec.level = 3;  // with checksums
  if (std::string(clip.codec) == "libx264") av_opt_set(codec.priv_data, "preset", "ultrafast", 0);
  REQUIRE(avcodec_open2(&codec, encoder, nullptr) == 0);
  REQUIRE(avcodec_parameters_from_context(track.stream->codecpar, &codec) == 0);
  track.stream->time_base = clip.time_base;
  track.stream->disposition = AV_DISPOSITION_DEFAULT;
  if (clip.rate.num > 0) track.stream->avg_frame_rate = clip.rate;
  if (clip.turn != 0) {
    auto* matrix = reinterpret_cast<std::int32_t*>(
        av_stream_new_side_data(track.stream, AV_PKT_DATA_DISPLAYMATRIX, 9 * 4));
    av_display_rotation_set(matrix, clip.turn);
  }
  return track;
}

Track add_audio(AVFormatContext* file, const char* name) {
  const AVCodec* encoder = avcodec_find_encoder_by_name(name);
  REQUIRE(encoder != nullptr);
  Track track{avcodec_alloc_context3(encoder), avformat_new_stream(file, nullptr)};
  AVCodecContext& codec = *track.codec;
  codec.sample_rate = 48000;
  codec.sample_fmt = encoder->sample_fmts[0];
  codec.ch_layout = AV_CHANNEL_LAYOUT_MONO;
  codec.time_base = {1, 48000};
  codec.flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  REQUIRE(avcodec_open2(&codec, encoder, nullptr) == 0);
  REQUIRE(avcodec_parameters_from_context(track.stream->codecpar, &codec) == 0);
  track.stream->time_base = codec.time_base;
  av_dict_set(&track.stream->metadata, "language", "deu", 0);
  return track;
}

void write_audio(AVFormatContext* file, const Track& track, double seconds) {
  const int step = track.codec->frame_size > 0 ? track.codec->frame_size : 1024;
  const auto total = static_cast<std::int64_t>(seconds * 48000);
  for (std::int64_t at = 0; at < total; at += step) {
    AVFrame* frame = av_frame_alloc();
    frame->nb_samples = static_cast<int>(std::min<std::int64_t>(step, total - at));
    frame->format = track.codec->sample_fmt;
    frame->sample_rate = 48000;
    REQUIRE(av_channel_layout_copy(&frame->ch_layout, &track.codec->ch_layout) == 0);
    REQUIRE(av_frame_get_buffer(frame, 0) == 0);
    for (int i = 0; i < frame->nb_samples; ++i) {
      const double value = 0.3 * std::sin(0.05 * static_cast<double>(at + i));
      if (av_get_bytes_per_sample(track.codec->sample_fmt) == 2) {
        reinterpret_cast<std::int16_t*>(frame->data[0])[i] =
            static_cast<std::int16_t>(value * 32767);
      } else {
        reinterpret_cast<float*>(frame->data[0])[i] = static_cast<float>(value);
      }
    }
    frame->pts = at;
    drain(file, track, frame);
    av_frame_free(&frame);
  }
  drain(file, track, nullptr);
}

void write_subtitles(AVFormatContext* file, AVStream* stream) {
  const char* texts[] = {"one", "two <i>slanted</i>", "three"};
  for (int i = 0; i < 3; ++i) {
    AVPacket* packet = av_packet_alloc();
    REQUIRE(av_new_packet(packet, static_cast<int>(std::strlen(texts[i]))) == 0);
    std::memcpy(packet->data, texts[i], std::strlen(texts[i]));
    packet->pts = packet->dts = av_rescale_q(100 + 200 * i, {1, 1000}, stream->time_base);
    packet->duration = av_rescale_q(150, {1, 1000}, stream->time_base);
    packet->stream_index = stream->index;
    REQUIRE(av_interleaved_write_frame(file, packet) == 0);
    av_packet_free(&packet);
  }
}

}  // namespace

void make_clip(const std::string& path, const Clip& clip) {
  av_log_set_level(AV_LOG_ERROR);
  AVFormatContext* file = nullptr;
  REQUIRE(avformat_alloc_output_context2(&file, nullptr, clip.muxer, path.c_str()) >= 0);
  file->flags |= AVFMT_FLAG_BITEXACT;
  file->strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL;
  Track video = add_video(file, clip);
  Track audio;
  if (clip.audio != nullptr) audio = add_audio(file, clip.audio);
  AVStream* subtitles = nullptr;
  if (clip.subtitles) {
    subtitles = avformat_new_stream(file, nullptr);
    subtitles->codecpar->codec_type = AVMEDIA_TYPE_SUBTITLE;
    subtitles->codecpar->codec_id = AV_CODEC_ID_SUBRIP;
    subtitles->time_base = {1, 1000};
    av_dict_set(&subtitles->metadata, "language", "fra", 0);
  }
  if (clip.attachment) {
    AVStream* stream = avformat_new_stream(file, nullptr);
    stream->codecpar->codec_type = AVMEDIA_TYPE_ATTACHMENT;
    stream->codecpar->codec_id = AV_CODEC_ID_TTF;
    stream->codecpar->extradata =
        static_cast<std::uint8_t*>(av_mallocz(5 + AV_INPUT_BUFFER_PADDING_SIZE));
    std::memcpy(stream->codecpar->extradata, "font!", 5);
    stream->codecpar->extradata_size = 5;
    av_dict_set(&stream->metadata, "filename", "a.ttf", 0);
    av_dict_set(&stream->metadata, "mimetype", "application/x-truetype-font", 0);
  }
  if (clip.chapters) {
    file->chapters = static_cast<AVChapter**>(av_calloc(2, sizeof(AVChapter*)));
    file->nb_chapters = 2;
    for (unsigned i = 0; i < 2; ++i) {
      auto* chapter = static_cast<AVChapter*>(av_mallocz(sizeof(AVChapter)));
      chapter->id = i + 1;
      chapter->time_base = {1, 1000};
      chapter->start = 300 * i;
      chapter->end = 300 * (i + 1);
      av_dict_set(&chapter->metadata, "title", i == 0 ? "begin" : "rest", 0);
      file->chapters[i] = chapter;
    }
  }
  if (clip.title != nullptr) av_dict_set(&file->metadata, "title", clip.title, 0);
  REQUIRE(avio_open(&file->pb, path.c_str(), AVIO_FLAG_WRITE) >= 0);
  REQUIRE(avformat_write_header(file, nullptr) >= 0);
  std::int64_t last = 0;
  for (int i = 0; i < clip.frames; ++i) {
    AVFrame* frame = draw(clip, i);
    frame->pts = clip.times.empty() ? i : clip.times[static_cast<std::size_t>(i)];
    frame->pkt_duration = 1;
    last = frame->pts;
    drain(file, video, frame);
    av_frame_free(&frame);
  }
  drain(file, video, nullptr);
  if (audio.codec != nullptr) {
    write_audio(file, audio, static_cast<double>(last + 1) * av_q2d(clip.time_base));
  }
  if (subtitles != nullptr) write_subtitles(file, subtitles);
  REQUIRE(av_write_trailer(file) == 0);
  avio_closep(&file->pb);
  avcodec_free_context(&video.codec);
  avcodec_free_context(&audio.codec);
  avformat_free_context(file);
}

namespace {

AVFormatContext* open_file(const std::string& path) {
  AVFormatContext* file = nullptr;
  REQUIRE(avformat_open_input(&file, path.c_str(), nullptr, nullptr) == 0);
  return file;
}

}  // namespace

std::vector<RawPacket> raw_packets(const std::string& path, AVMediaType type) {
  AVFormatContext* file = open_file(path);
  std::vector<RawPacket> list;
  AVPacket* packet = av_packet_alloc();
  while (av_read_frame(file, packet) == 0) {
    const AVStream& stream = *file->streams[packet->stream_index];
    if (stream.codecpar->codec_type == type) {
      list.push_back({packet->stream_index,
                      type,
                      av_rescale_q(packet->pts, stream.time_base, {1, 1000000}),
                      {packet->data, packet->data + packet->size}});
    }
    av_packet_unref(packet);
  }
  av_packet_free(&packet);
  avformat_close_input(&file);
  return list;
}

std::string tag_of(const std::string& path, const char* key) {
  AVFormatContext* file = open_file(path);
  const AVDictionaryEntry* tag = av_dict_get(file->metadata, key, nullptr, 0);
  const std::string text = tag != nullptr ? tag->value : "";
  avformat_close_input(&file);
  return text;
}

unsigned chapter_count(const std::string& path) {
  AVFormatContext* file = open_file(path);
  const unsigned count = file->nb_chapters;
  avformat_close_input(&file);
  return count;
}

std::vector<std::uint8_t> file_bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void write_bytes(const std::string& path, const std::vector<std::uint8_t>& bytes) {
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
}

}  // namespace holo::media::test
