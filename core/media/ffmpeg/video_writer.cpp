// Encodes frames with libavcodec and muxes them with what is carried along.
#include "core/media/ffmpeg/video_writer.hpp"

#include <algorithm>
#include <cstring>
#include <map>

#include "core/media/ffmpeg/muxer.hpp"
#include "core/media/ffmpeg/pixels.hpp"
#include "core/media/ffmpeg/turn.hpp"

namespace holo::media {

namespace {

struct Option {
  const char* key;
  const char* value;
};

// How one kind of file is encoded.
struct Recipe {
  std::string_view name;  // what callers say
  const char* muxer;
  const char* encoder;
  bool exact;         // takes the planes as they are, else 8-bit 4:2:0
  bool turns;         // has a place for the rotation
  int threads;        // fixed: with libx264 the bytes depend on it
  Option options[3];  // of the encoder
};
// mbtree reads memory that libx264 never wrote where the width is no multiple of 128, so that the
// same frames would give different bytes from run to run.
constexpr Recipe kRecipes[] = {
    {"mkv", "matroska", "ffv1", true, false, 4, {{"level", "3"}, {"slicecrc", "1"}, {}}},
    {"mp4",
     "mp4",
     "libx264",
     false,
     true,
     4,
     {{"crf", "16"}, {"preset", "medium"}, {"mbtree", "0"}}},
    {"mov",
     "mov",
     "libx264",
     false,
     true,
     4,
     {{"crf", "16"}, {"preset", "medium"}, {"mbtree", "0"}}},
};
constexpr AVRational kNominalRate = {30, 1};  // for rate control where the rate is not known

bool fits(Rational value) {
  return value.num > 0 && value.den > 0 && value.num <= INT32_MAX && value.den <= INT32_MAX;
}
AVRational to_av(Rational value) {
  return {static_cast<int>(value.num), static_cast<int>(value.den)};
}

// The encoder's format for these planes, or AV_PIX_FMT_NONE.
AVPixelFormat exact_format(const AVCodec& encoder, const holo_image& image) {
  const auto offers = [&](AVPixelFormat wanted) {
    for (const AVPixelFormat* format = encoder.pix_fmts;
         format != nullptr && *format != AV_PIX_FMT_NONE; ++format) {
      if (*format == wanted) return true;
    }
    return false;
  };
  const AVPixelFormat planar = planar_format(image);
  if (planar != AV_PIX_FMT_NONE && offers(planar)) return planar;
  for (const AVPixelFormat* format = encoder.pix_fmts;
       format != nullptr && *format != AV_PIX_FMT_NONE; ++format) {
    const auto found = image_of(*format);
    if (found && found->model == image.model && found->has_alpha == image.has_alpha &&
        found->bit_depth == image.bit_depth && found->chroma_shift_x == image.chroma_shift_x &&
        found->chroma_shift_y == image.chroma_shift_y) {
      return *format;
    }
  }
  return AV_PIX_FMT_NONE;
}

class FfmpegWriter final : public VideoWriter {
 public:
  static Result<std::unique_ptr<VideoWriter>> create(AtomicFile& file, const Recipe& recipe,
                                                     const StreamInfo& stream,
                                                     const std::string& carry_from) {
    if (!fits(stream.time_base) || !stream.image) {
      return make_error(HOLO_INVALID_ARG, "a video needs an image description and a time base");
    }
    std::unique_ptr<FfmpegWriter> writer(new FfmpegWriter(recipe, stream));
    if (!writer->packet_) return make_error(HOLO_NO_MEMORY, "no memory for a packet");
    HOLO_ASSIGN(writer->muxer_, Muxer::create(file, recipe.muxer, carry_from, writer->warnings_));
    return std::unique_ptr<VideoWriter>(std::move(writer));
  }

  Status push(UnitBuffer& frame) override {
    if (finished_ || !frame.image) return make_error(HOLO_INVALID_ARG, "expected a video frame");
    if (last_pts_ && frame.info.pts <= *last_pts_) {
      return make_error(HOLO_INVALID_ARG, "frame " + std::to_string(frame.info.index) +
                                              " does not come after the one before it");
    }
    UnitBuffer* source = &frame;
    std::optional<UnitBuffer> turned;
    if (!recipe_.turns && frame.image->orientation != 1) {
      HOLO_ASSIGN(turned, upright_planes(frame));
      source = &*turned;
    }
    if (!codec_) HOLO_TRY(begin(*source->image, frame.info.pts));
    HOLO_ASSIGN(auto picture, to_frame(*source));
    last_pts_ = frame.info.pts;
    picture->pts = frame.info.pts;
    picture->pkt_duration = frame.info.duration;
    durations_[frame.info.pts] = frame.info.duration;
    return encode(picture.get());
  }

  Status finish() override {
    if (finished_) return make_error(HOLO_INVALID_ARG, "the video was finished already");
    finished_ = true;
    if (!codec_) return make_error(HOLO_INVALID_ARG, "a video without frames cannot be written");
    HOLO_TRY(encode(nullptr));
    return muxer_->finish();
  }

  [[nodiscard]] std::span<const std::string> warnings() const override { return warnings_; }

 private:
  FfmpegWriter(const Recipe& recipe, const StreamInfo& stream)
      : recipe_(recipe), stream_(stream), time_base_(to_av(stream.time_base)) {}

  void warn_of_losses(const holo_image& image) {
    if (!recipe_.turns && stream_.image->orientation != 1) warnings_.emplace_back(kTurnedWarning);
    if (recipe_.exact) return;
    std::string lost;
    const auto add = [&lost](bool condition, const std::string& what) {
      if (condition) lost += (lost.empty() ? "" : ", ") + what;
    };
    add(image.bit_depth != 8, std::to_string(image.bit_depth) + "-bit samples");
    add(image.model == HOLO_RGB, "RGB");
    add(image.model == HOLO_YCBCR && (image.chroma_shift_x == 0 || image.chroma_shift_y == 0),
        "fine chroma");
    add(image.has_alpha != 0, "alpha (dropped)");
    if (!lost.empty()) {
      warnings_.push_back(lost + ": written as 8-bit 4:2:0 for players; .mkv keeps all of it");
    }
    if (image.width % 2 != 0 || image.height % 2 != 0) {
      warnings_.emplace_back("the size is odd: padded to even by repeating the last row or column");
    }
  }

  // Everything that has to wait for the first frame.
  Status begin(const holo_image& image, std::int64_t first_pts) {
    image_ = image;
    warn_of_losses(image);
    const AVCodec* encoder = avcodec_find_encoder_by_name(recipe_.encoder);
    if (encoder == nullptr) {
      return make_error(HOLO_UNSUPPORTED, std::string("this FFmpeg has no encoder ") +
                                              recipe_.encoder + "; try .mkv or .y4m");
    }
    planar_ = planar_format(image);
    format_ = recipe_.exact ? exact_format(*encoder, image) : AV_PIX_FMT_YUV420P;
    if (format_ == AV_PIX_FMT_NONE || (!recipe_.exact && planar_ == AV_PIX_FMT_NONE)) {
      return make_error(HOLO_UNSUPPORTED, "frames of " + std::to_string(image.bit_depth) +
                                              " bits in this colour model cannot be written as ." +
                                              std::string(recipe_.name));
    }
    codec_.reset(avcodec_alloc_context3(encoder));
    if (!codec_) return make_error(HOLO_NO_MEMORY, "no memory for an encoder");
    AVCodecContext& codec = *codec_;
    codec.opaque = &muxer_->talk();
    codec.width = recipe_.exact ? image.width : (image.width + 1) & ~1;
    codec.height = recipe_.exact ? image.height : (image.height + 1) & ~1;
    codec.pix_fmt = format_;
    codec.time_base = time_base_;
    const bool constant = fits(stream_.frame_rate);
    codec.framerate = constant ? to_av(stream_.frame_rate) : kNominalRate;
    codec.sample_aspect_ratio = muxer_->video().sample_aspect_ratio;
    codec.thread_count = recipe_.threads;
    codec.flags |= AV_CODEC_FLAG_BITEXACT;
    if (muxer_->needs_global_header()) codec.flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    give_colour(colour(), codec);
    Options options;
    for (const Option& option : recipe_.options) {
      if (option.key != nullptr) options.set(option.key, option.value);
    }
    const TalkScope scope(muxer_->talk());
    const int opened = avcodec_open2(codec_.get(), encoder, options.get());
    if (opened < 0) {
      return av_failure(opened, HOLO_UNSUPPORTED,
                        std::string("cannot start the encoder ") + recipe_.encoder, muxer_->talk());
    }
    AVStream& video = muxer_->video();
    const AVFieldOrder order = video.codecpar->field_order;
    if (avcodec_parameters_from_context(video.codecpar, codec_.get()) < 0) {
      return make_error(HOLO_NO_MEMORY, "no memory to write a video");
    }
    video.codecpar->codec_tag = 0;
    if (recipe_.exact) video.codecpar->field_order = order;
    if (constant) video.avg_frame_rate = to_av(stream_.frame_rate);
    if (recipe_.turns && image.orientation != 1) {
      std::int32_t matrix[9];
      display_matrix(image.orientation, image.width, image.height, matrix);
      std::uint8_t* data =
          av_stream_new_side_data(&video, AV_PKT_DATA_DISPLAYMATRIX, sizeof(matrix));
      if (data == nullptr) return make_error(HOLO_NO_MEMORY, "no memory to write a video");
      std::memcpy(data, matrix, sizeof(matrix));
    }
    Options muxing;
    if (recipe_.turns) {
      muxing.set("movflags", muxer_->seekable() ? "faststart" : "frag_keyframe+empty_moov");
    }
    HOLO_ASSIGN(const std::int64_t shift, muxer_->plan_shift(first_pts, time_base_));
    if (shift > 0) {
      warnings_.push_back("times before zero: everything was moved " + std::to_string(shift) +
                          " ms later, which keeps picture and sound together");
    }
    return muxer_->begin(time_base_, muxing);
  }

  // Colour tags of what is encoded: RGB turns into BT.709 where 4:2:0 is written.
  [[nodiscard]] holo_image colour() const {
    holo_image tags = image_;
    if (!recipe_.exact && image_.model == HOLO_RGB) {
      tags.matrix = 1;
      tags.full_range = 0;
      tags.chroma_location = 1;
    }
    return tags;
  }

  // An empty frame as the encoder wants it.
  Result<AvPtr<AVFrame>> encoder_frame(const AVFrame& properties) {
    HOLO_ASSIGN(auto frame, allocate_frame(format_, codec_->width, codec_->height));
    if (av_frame_copy_props(frame.get(), &properties) < 0) {
      return make_error(HOLO_NO_MEMORY, "no memory for a video frame");
    }
    return frame;
  }

  Result<AvPtr<AVFrame>> to_frame(UnitBuffer& unit) {
    const holo_image& image = *unit.image;
    if (image.width != image_.width || image.height != image_.height ||
        image.model != image_.model || image.bit_depth != image_.bit_depth ||
        image.has_alpha != image_.has_alpha || image.chroma_shift_x != image_.chroma_shift_x ||
        image.chroma_shift_y != image_.chroma_shift_y) {
      return make_error(HOLO_INVALID_ARG, "all frames of a video need the same size and format");
    }
    HOLO_ASSIGN(auto frame,
                allocate_frame(recipe_.exact ? format_ : planar_, image.width, image.height));
    give_colour(image, *frame);
    HOLO_TRY(copy_planes(unit, *frame));
    if (recipe_.exact) return frame;
    if (planar_ != format_) {
      HOLO_ASSIGN(frame, converter_.convert(*frame, format_));
    }
    if (frame->width == codec_->width && frame->height == codec_->height) return frame;
    return padded(*frame);
  }

  // Repeats the last column and row where the size is odd; chroma is large enough already.
  Result<AvPtr<AVFrame>> padded(const AVFrame& frame) {
    HOLO_ASSIGN(auto out, encoder_frame(frame));
    for (int plane = 0; plane < 3; ++plane) {
      const int shift = plane == 0 ? 0 : 1;
      const int width = (frame.width + shift) >> shift;
      const int height = (frame.height + shift) >> shift;
      for (int y = 0; y < out->height >> shift; ++y) {
        std::uint8_t* to = out->data[plane] + std::ptrdiff_t{out->linesize[plane]} * y;
        const std::uint8_t* from =
            frame.data[plane] + std::ptrdiff_t{frame.linesize[plane]} * std::min(y, height - 1);
        std::memcpy(to, from, static_cast<std::size_t>(width));
        std::fill(to + width, to + (out->width >> shift), from[width - 1]);
      }
    }
    return out;
  }

  Status encode(const AVFrame* frame) {
    const TalkScope scope(muxer_->talk());
    const int sent = avcodec_send_frame(codec_.get(), frame);
    if (sent < 0) {
      return av_failure(sent, HOLO_INTERNAL, "the encoder refused a frame", muxer_->talk());
    }
    for (;;) {
      const int got = avcodec_receive_packet(codec_.get(), packet_.get());
      if (got == AVERROR(EAGAIN) || got == AVERROR_EOF) return {};
      if (got < 0) return av_failure(got, HOLO_INTERNAL, "the encoder failed", muxer_->talk());
      const auto duration = durations_.find(packet_->pts);
      if (duration != durations_.end()) {
        packet_->duration = duration->second;
        durations_.erase(duration);
      }
      const Status written = muxer_->write(*packet_, false);
      av_packet_unref(packet_.get());
      HOLO_TRY(written);
    }
  }

  const Recipe& recipe_;
  StreamInfo stream_;
  AVRational time_base_;
  std::vector<std::string> warnings_;
  std::unique_ptr<Muxer> muxer_;
  AvPtr<AVCodecContext> codec_;
  AvPtr<AVPacket> packet_{av_packet_alloc()};
  Converter converter_;
  holo_image image_{};  // of what is written, upright where the format cannot turn
  AVPixelFormat planar_ = AV_PIX_FMT_NONE;
  AVPixelFormat format_ = AV_PIX_FMT_NONE;
  std::map<std::int64_t, std::int64_t> durations_;  // of frames inside the encoder, by pts
  std::optional<std::int64_t> last_pts_;
  bool finished_ = false;
};

}  // namespace

Result<std::unique_ptr<VideoWriter>> create_video_file(AtomicFile& file, std::string_view format,
                                                       const StreamInfo& stream,
                                                       const std::string& carry_from) {
  if (format == "y4m") return create_y4m_file(file, stream, carry_from);
  for (const Recipe& recipe : kRecipes) {
    if (recipe.name == format) return FfmpegWriter::create(file, recipe, stream, carry_from);
  }
  return make_error(HOLO_INVALID_ARG, "cannot write video as '" + std::string(format) +
                                          "'; expected mkv, mp4, mov or y4m");
}

}  // namespace holo::media
