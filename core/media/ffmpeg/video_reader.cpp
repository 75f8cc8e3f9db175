// Demuxes, decodes and describes the frames of one video stream.
#include "core/media/ffmpeg/video_reader.hpp"

extern "C" {
#include <libavutil/display.h>
}

#include <algorithm>
#include <cmath>
#include <thread>

#include "core/media/ffmpeg/file_io.hpp"
#include "core/media/ffmpeg/pixels.hpp"
#include "core/media/picture.hpp"

namespace holo::media {

namespace {

constexpr int kReadBuffer = 1 << 15;
constexpr unsigned kMaxThreads = 8;
constexpr std::int64_t kMaxPixels = std::int64_t{1} << 28;
constexpr double kTolerance = 0.5;  // seconds that may be missing at the end

Rational rational(AVRational value) { return {value.num, value.den}; }

// One rate if the average and the finest step agree to one in ten thousand, else 0/1.
Rational constant_rate(const AVStream& stream) {
  const AVRational average = stream.avg_frame_rate;
  const AVRational finest = stream.r_frame_rate;
  if (average.num <= 0 || average.den <= 0 || finest.num <= 0 || finest.den <= 0) return {};
  const double ratio = av_q2d(average) / av_q2d(finest);
  return std::fabs(ratio - 1) < 1e-4 ? rational(finest) : Rational{};
}

class FfmpegReader final : public VideoReader {
 public:
  static Result<std::unique_ptr<VideoReader>> open(const std::string& path) {
    std::unique_ptr<FfmpegReader> reader(new FfmpegReader);
    HOLO_ASSIGN(reader->input_, InputFile::open(path, kReadBuffer));
    HOLO_TRY(reader->begin());
    return std::unique_ptr<VideoReader>(std::move(reader));
  }

  [[nodiscard]] const StreamInfo& stream() const override { return stream_; }
  [[nodiscard]] std::span<const CarriedStream> carried() const override { return carried_; }
  [[nodiscard]] double duration_seconds() const override { return duration_; }

  Result<std::optional<UnitBuffer>> next() override {
    if (!waiting_) return std::optional<UnitBuffer>{};
    AvPtr<AVFrame> frame = std::move(waiting_);
    HOLO_ASSIGN(waiting_, decode());
    const std::int64_t pts = frame->pts;
    const std::int64_t duration =
        waiting_ ? waiting_->pts - pts : std::max<std::int64_t>(frame->pkt_duration, 0);
    HOLO_ASSIGN(auto unit, to_unit(*frame));
    unit.info.index = index_++;
    unit.info.pts = pts;
    unit.info.duration = duration;
    return std::optional<UnitBuffer>(std::move(unit));
  }

 private:
  FfmpegReader() = default;

  Status begin() {
    AVFormatContext& file = *input_->context();
    const std::string_view demuxer = file.iformat->name;
    if (demuxer.ends_with("_pipe")) {
      return make_error(HOLO_UNSUPPORTED,
                        "a still picture (" + std::string(demuxer.substr(0, demuxer.size() - 5)) +
                            ") of a kind that is not read; convert it to PNG first");
    }
    const TalkScope scope(input_->talk());
    const int probed = avformat_find_stream_info(&file, nullptr);
    if (input_->read_error()) return *input_->read_error();
    if (probed < 0) {
      return av_failure(probed, HOLO_CORRUPT, "the streams cannot be told apart", input_->talk());
    }
    const int index = find_video_stream(&file);
    if (index < 0) {
      return make_error(HOLO_UNSUPPORTED, "no video stream in this file (" + std::string(demuxer) +
                                              ", " + std::to_string(file.nb_streams) +
                                              " other streams)");
    }
    video_ = file.streams[index];
    if (is_holovid_stream(*video_)) {
      return make_error(HOLO_UNSUPPORTED,
                        "a .holovid file: its frames are decoded by 'holohost decode'");
    }
    for (unsigned i = 0; i < file.nb_streams; ++i) {
      if (static_cast<int>(i) != index) describe(*file.streams[i]);
    }
    HOLO_TRY(open_decoder());
    HOLO_ASSIGN(waiting_, decode());
    if (!waiting_) {
      const std::string said = input_->talk().take();
      return make_error(HOLO_CORRUPT, "the video stream holds no frame that can be decoded" +
                                          (said.empty() ? "" : " (FFmpeg: " + said + ")"));
    }
    return describe_video();
  }

  void describe(const AVStream& stream) {
    static constexpr std::pair<AVMediaType, const char*> kKinds[] = {
        {AVMEDIA_TYPE_AUDIO, "audio"},
        {AVMEDIA_TYPE_SUBTITLE, "subtitle"},
        {AVMEDIA_TYPE_ATTACHMENT, "attachment"},
        {AVMEDIA_TYPE_VIDEO, "video"},
    };
    CarriedStream row;
    row.kind = "data";
    for (const auto& [type, name] : kKinds) {
      if (stream.codecpar->codec_type == type) row.kind = name;
    }
    if ((stream.disposition & AV_DISPOSITION_ATTACHED_PIC) != 0) row.kind = "attachment";
    row.codec = avcodec_get_name(stream.codecpar->codec_id);
    const AVDictionaryEntry* language = av_dict_get(stream.metadata, "language", nullptr, 0);
    if (language != nullptr) row.language = language->value;
    carried_.push_back(std::move(row));
  }

  Status open_decoder() {
    const AVCodec* codec = avcodec_find_decoder(video_->codecpar->codec_id);
    const std::string name = avcodec_get_name(video_->codecpar->codec_id);
    if (codec == nullptr) {
      return make_error(HOLO_UNSUPPORTED, "this FFmpeg has no decoder for " + name);
    }
    codec_.reset(avcodec_alloc_context3(codec));
    if (!codec_) return make_error(HOLO_NO_MEMORY, "no memory for a decoder");
    codec_->opaque = &input_->talk();
    codec_->pkt_timebase = video_->time_base;
    codec_->thread_count =
        static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1u, kMaxThreads));
    codec_->flags |= AV_CODEC_FLAG_BITEXACT;
    codec_->err_recognition = AV_EF_CRCCHECK | AV_EF_BITSTREAM | AV_EF_BUFFER | AV_EF_EXPLODE;
    codec_->max_pixels = kMaxPixels;
    int opened = avcodec_parameters_to_context(codec_.get(), video_->codecpar);
    if (opened >= 0) opened = avcodec_open2(codec_.get(), codec, nullptr);
    if (opened < 0) {
      return av_failure(opened, HOLO_CORRUPT, "cannot start the " + name + " decoder",
                        input_->talk());
    }
    return {};
  }

  Status describe_video() {
    const auto format = static_cast<AVPixelFormat>(waiting_->format);
    const AVPixelFormat exact = nearest_exact(format);
    if (exact == AV_PIX_FMT_NONE) {
      return make_error(HOLO_UNSUPPORTED, "frames of pixel format number " +
                                              std::to_string(waiting_->format) + " are not read");
    }
    exact_format_ = exact;
    pixel_format_ = format;
    HOLO_ASSIGN(auto frame, exact_frame(*waiting_));
    holo_image image = *image_of(exact);
    image.width = frame->width;
    image.height = frame->height;
    take_colour(*frame, image);
    const std::uint8_t* matrix =
        av_stream_get_side_data(video_, AV_PKT_DATA_DISPLAYMATRIX, nullptr);
    // The matrix is stored in the machine's byte order and aligned by the allocator.
    if (matrix != nullptr)
      image.orientation = orientation_of(reinterpret_cast<const std::int32_t*>(matrix));
    HOLO_TRY(validate_image(image, Limits{}.max_bytes));
    stream_.kind = HOLO_FRAME;
    stream_.image = image;
    stream_.time_base = rational(video_->time_base);
    stream_.frame_rate = constant_rate(*video_);
    stream_.unit_count = static_cast<std::uint64_t>(std::max<std::int64_t>(video_->nb_frames, 0));
    const AVFormatContext& file = *input_->context();
    if (video_->duration > 0) {
      duration_ = static_cast<double>(video_->duration) * av_q2d(video_->time_base);
    } else if (file.duration > 0) {
      duration_ = static_cast<double>(file.duration) / AV_TIME_BASE;
    }
    return {};
  }

  // ---- demuxing ---------------------------------------------------------------------------------

  Error damaged(const std::string& what, int code) {
    return av_failure(code, HOLO_CORRUPT, what + " at " + where(), input_->talk());
  }
  std::string where() const {
    return last_pts_ ? "or after " + seconds_text(*last_pts_, video_->time_base) : "the beginning";
  }

  void note_end(const AVPacket& packet) {
    const AVStream& stream = *input_->context()->streams[packet.stream_index];
    const std::int64_t start = packet.pts != AV_NOPTS_VALUE ? packet.pts : packet.dts;
    if (start == AV_NOPTS_VALUE) return;
    const double end = static_cast<double>(start + std::max<std::int64_t>(packet.duration, 0)) *
                       av_q2d(stream.time_base);
    end_ = std::max(end_, end);
    if (packet.stream_index == video_->index) video_end_ = std::max(video_end_, end);
  }

  // An end that comes before the file's own claim is a truncated file. Only claims that stand in
  // the file count, not those that libavformat worked out from the bit rate.
  Status check_end() {
    const AVFormatContext& file = *input_->context();
    if (input_->talk().mentions("ended prematurely")) {
      return make_error(HOLO_CORRUPT, "the file is cut short: it breaks off at or after " +
                                          seconds_text(std::max(video_end_, 0.0)));
    }
    if (file.duration_estimation_method != AVFMT_DURATION_FROM_STREAM || file.duration <= 0) {
      return {};
    }
    double start = file.start_time == AV_NOPTS_VALUE
                       ? 0.0
                       : static_cast<double>(file.start_time) / AV_TIME_BASE;
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
  Status feed() {
    for (;;) {
      auto got = input_->read(*packet_);
      if (!got) {
        Error error = std::move(got).error();
        error.message += ", at " + where();
        return error;
      }
      if (!*got) {
        HOLO_TRY(check_end());
        ended_ = true;
        avcodec_send_packet(codec_.get(), nullptr);
        return {};
      }
      note_end(*packet_);
      if (packet_->stream_index != video_->index) continue;
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

  // The next frame with its final time, or null at the end.
  Result<AvPtr<AVFrame>> decode() {
    const TalkScope scope(input_->talk());
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
    set_time(*frame);
    // FFV1 fills a damaged slice from the frame before and only says so.
    if ((frame->flags & AV_FRAME_FLAG_CORRUPT) != 0 || frame->decode_error_flags != 0 ||
        input_->talk().mentions("CRC mismatch")) {
      return damaged("damaged frame", AVERROR_INVALIDDATA);
    }
    if (stream_.image &&
        (frame->width != stream_.image->width || frame->height != stream_.image->height ||
         frame->format != pixel_format_)) {
      return make_error(
          HOLO_UNSUPPORTED,
          "the picture changes from " + std::to_string(stream_.image->width) + "x" +
              std::to_string(stream_.image->height) + " to " + std::to_string(frame->width) + "x" +
              std::to_string(frame->height) + " (or its pixel format) at " +
              seconds_text(frame->pts, video_->time_base) +
              "; streams with more than one format are not read: split the file there");
    }
    return frame;
  }

  void set_time(AVFrame& frame) {
    std::int64_t pts = frame.pts != AV_NOPTS_VALUE ? frame.pts : frame.best_effort_timestamp;
    if (pts == AV_NOPTS_VALUE) {
      const AVRational rate = video_->avg_frame_rate;
      const std::int64_t step =
          frame.pkt_duration > 0
              ? frame.pkt_duration
              : (rate.num > 0 && rate.den > 0 ? av_rescale_q(1, av_inv_q(rate), video_->time_base)
                                              : std::int64_t{1});
      pts = last_pts_ ? *last_pts_ + std::max<std::int64_t>(step, 1) : 0;
    }
    if (last_pts_ && pts <= *last_pts_) pts = *last_pts_ + 1;
    last_pts_ = pts;
    frame.pts = pts;
  }

  // ---- samples ----------------------------------------------------------------------------------

  Result<AvPtr<AVFrame>> exact_frame(const AVFrame& frame) {
    if (exact_format_ != pixel_format_) return converter_.convert(frame, exact_format_);
    AvPtr<AVFrame> same(av_frame_clone(&frame));
    if (!same) return make_error(HOLO_NO_MEMORY, "no memory for a video frame");
    return same;
  }

  Result<UnitBuffer> to_unit(const AVFrame& decoded) {
    const TalkScope scope(input_->talk());
    HOLO_ASSIGN(auto frame, exact_frame(decoded));
    HOLO_ASSIGN(auto unit, UnitBuffer::planes(HOLO_FRAME, *stream_.image, Limits{}.max_bytes));
    HOLO_TRY(copy_planes(*frame, unit));
    return unit;
  }

  std::unique_ptr<InputFile> input_;
  AVStream* video_ = nullptr;
  AvPtr<AVCodecContext> codec_;
  AvPtr<AVPacket> packet_{av_packet_alloc()};
  AvPtr<AVFrame> waiting_;  // decoded already, to know how long the one before it lasts
  Converter converter_;
  AVPixelFormat pixel_format_ = AV_PIX_FMT_NONE;
  AVPixelFormat exact_format_ = AV_PIX_FMT_NONE;
  StreamInfo stream_;
  std::vector<CarriedStream> carried_;
  double duration_ = 0;
  double end_ = 0;
  double video_end_ = 0;
  std::optional<std::int64_t> last_pts_;
  std::uint64_t index_ = 0;
  bool key_seen_ = false;
  bool ended_ = false;
};

}  // namespace

Result<std::unique_ptr<VideoReader>> open_video_file(const std::string& path) {
  return FfmpegReader::open(path);
}

}  // namespace holo::media
