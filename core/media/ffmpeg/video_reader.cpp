// Describes a video stream and gives its frames out as planes.
#include "core/media/ffmpeg/video_reader.hpp"

#include <algorithm>
#include <cmath>

#include "core/media/ffmpeg/file_io.hpp"
#include "core/media/ffmpeg/frame_decoder.hpp"
#include "core/media/ffmpeg/pixels.hpp"
#include "core/media/picture.hpp"

namespace holo::media {

namespace {

constexpr int kReadBuffer = 1 << 15;

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
    HOLO_ASSIGN(waiting_, decoder_->next());
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
    decoder_.emplace(*input_, *video_);
    HOLO_TRY(decoder_->open());
    HOLO_ASSIGN(waiting_, decoder_->next());
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
    std::size_t bytes = 0;
    const std::uint8_t* matrix = av_stream_get_side_data(video_, AV_PKT_DATA_DISPLAYMATRIX, &bytes);
    // The matrix is stored in the machine's byte order and aligned by the allocator.
    if (matrix != nullptr && bytes >= 9 * sizeof(std::int32_t)) {
      image.orientation = orientation_of(reinterpret_cast<const std::int32_t*>(matrix));
    }
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
  std::optional<FrameDecoder> decoder_;
  AvPtr<AVFrame> waiting_;  // decoded already, to know how long the one before it lasts
  Converter converter_;
  AVPixelFormat pixel_format_ = AV_PIX_FMT_NONE;
  AVPixelFormat exact_format_ = AV_PIX_FMT_NONE;
  StreamInfo stream_;
  std::vector<CarriedStream> carried_;
  double duration_ = 0;
  std::uint64_t index_ = 0;
};

}  // namespace

Result<std::unique_ptr<VideoReader>> open_video_file(const std::string& path) {
  return FfmpegReader::open(path);
}

}  // namespace holo::media
