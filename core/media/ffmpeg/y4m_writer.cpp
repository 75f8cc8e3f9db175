// YUV4MPEG2: a line of text, then the planes of each frame as they are.
#include <string>

#include "core/media/ffmpeg/av.hpp"
#include "core/media/ffmpeg/turn.hpp"
#include "core/media/ffmpeg/video_writer.hpp"

namespace holo::media {

namespace {

struct Chroma {
  int model, alpha, shift_x, shift_y;
  const char* name;       // 8 bits
  const char* deep_name;  // followed by the depth
};
constexpr Chroma kChromas[] = {
    {HOLO_GRAY, 0, 0, 0, "mono", "mono"},       {HOLO_YCBCR, 0, 1, 1, "420", "420p"},
    {HOLO_YCBCR, 0, 1, 0, "422", "422p"},       {HOLO_YCBCR, 0, 0, 0, "444", "444p"},
    {HOLO_YCBCR, 1, 0, 0, "444alpha", nullptr},
};
// By holo_image.chroma_location; 8-bit 4:2:0 only.
constexpr const char* kSiting[] = {"jpeg", "mpeg2", "jpeg", "paldv",
                                   "jpeg", "jpeg",  "jpeg", "jpeg"};

Result<std::string> chroma_tag(const holo_image& image) {
  for (const Chroma& row : kChromas) {
    if (row.model != image.model || row.alpha != image.has_alpha ||
        (row.model == HOLO_YCBCR &&
         (row.shift_x != image.chroma_shift_x || row.shift_y != image.chroma_shift_y))) {
      continue;
    }
    if (image.bit_depth == 8) {
      std::string name = row.name;
      if (name == "420") name += kSiting[image.chroma_location & 7];
      return name;
    }
    if (row.deep_name != nullptr && image.bit_depth > 8) {
      return row.deep_name + std::to_string(image.bit_depth);
    }
  }
  return make_error(HOLO_UNSUPPORTED,
                    ".y4m holds gray and 4:2:0, 4:2:2, 4:4:4 of 8 bits or more, without alpha "
                    "(but 8-bit 4:4:4); use .mkv, which holds every kind of frame exactly");
}

// One rate for the header: the stream's, or one over its first frame's duration.
class Y4mWriter final : public VideoWriter {
 public:
  Y4mWriter(AtomicFile& file, const StreamInfo& stream, bool carries)
      : file_(file), stream_(stream) {
    if (carries) {
      warnings_.emplace_back(
          ".y4m holds pictures only: sound, subtitles and tags were left out, if there were any; "
          ".mkv keeps them");
    }
  }

  Status push(UnitBuffer& frame) override {
    if (!frame.image) return make_error(HOLO_INVALID_ARG, "expected a video frame");
    if (frame.image->orientation == 1) return write(frame, frame.info);
    HOLO_ASSIGN(const auto turned, upright_planes(frame));
    if (frames_ == 0) warnings_.emplace_back(kTurnedWarning);
    return write(turned, frame.info);
  }

  Status finish() override {
    if (frames_ == 0) {
      return make_error(HOLO_INVALID_ARG, "a video without frames cannot be written");
    }
    if (uneven_) {
      warnings_.push_back("the frames are not evenly spaced, which .y4m cannot say: written at " +
                          rate_text() + " frames a second; .mkv and .mp4 keep the times");
    }
    return {};
  }

  [[nodiscard]] std::span<const std::string> warnings() const override { return warnings_; }

 private:
  [[nodiscard]] std::string rate_text() const {
    return std::to_string(rate_.num) + (rate_.den == 1 ? "" : "/" + std::to_string(rate_.den));
  }

  Status write(const UnitBuffer& frame, const UnitInfo& info) {
    if (frames_ == 0) HOLO_TRY(write_header(*frame.image, info));
    const holo_image& image = *frame.image;
    if (image.width != first_.width || image.height != first_.height ||
        image.model != first_.model || image.has_alpha != first_.has_alpha ||
        image.bit_depth != first_.bit_depth || image.chroma_shift_x != first_.chroma_shift_x ||
        image.chroma_shift_y != first_.chroma_shift_y) {
      return make_error(HOLO_INVALID_ARG,
                        "frame " + std::to_string(frames_) + " is " + std::to_string(image.width) +
                            "x" + std::to_string(image.height) +
                            " or of another format, expected " + std::to_string(first_.width) +
                            "x" + std::to_string(first_.height) +
                            " and the format of the first frame");
    }
    const double tick =
        static_cast<double>(stream_.time_base.num) / static_cast<double>(stream_.time_base.den);
    const double due = static_cast<double>(frames_) * static_cast<double>(rate_.den) /
                       static_cast<double>(rate_.num);
    const double found = static_cast<double>(av_sat_sub64(info.pts, first_pts_)) * tick;
    // A tick is the rounding that times in milliseconds need.
    uneven_ = uneven_ || found > due + tick * 1.01 || found < due - tick * 1.01;
    HOLO_TRY(put("FRAME\n"));
    const int sample = bytes_per_sample(*frame.image);
    for (std::size_t plane = 0; plane < frame.plane_count(); ++plane) {
      const auto bytes = static_cast<std::size_t>(frame.plane_width(plane) * sample);
      for (std::int64_t y = 0; y < frame.plane_height(plane); ++y) {
        const std::uint8_t* row = frame.plane(plane) + frame.row_bytes(plane) * y;
        buffer_.insert(buffer_.end(), row, row + bytes);
      }
    }
    ++frames_;
    return flush();
  }

  Status write_header(const holo_image& image, const UnitInfo& info) {
    HOLO_ASSIGN(const std::string chroma, chroma_tag(image));
    first_ = image;
    first_pts_ = info.pts;
    rate_ = stream_.frame_rate;
    if (rate_.num <= 0 || rate_.den <= 0) {
      int num = 0;
      int den = 0;
      std::int64_t spacing = 0;
      if (__builtin_mul_overflow(std::max<std::int64_t>(info.duration, 1), stream_.time_base.num,
                                 &spacing)) {
        spacing = INT64_MAX;
      }
      av_reduce(&num, &den, stream_.time_base.den, spacing, INT32_MAX);
      rate_ = {num, den};
      if (num <= 0 || den <= 0) rate_ = {25, 1};
    }
    std::string line = "YUV4MPEG2 W" + std::to_string(image.width) + " H" +
                       std::to_string(image.height) + " F" + std::to_string(rate_.num) + ":" +
                       std::to_string(rate_.den) + " Ip A0:0 C" + chroma;
    if (image.bit_depth > 8 && image.model == HOLO_YCBCR) {
      line += " XYSCSS=" + std::string(chroma).insert(3, "P").erase(4, 1);
    }
    line += image.full_range != 0 ? " XCOLORRANGE=FULL" : " XCOLORRANGE=LIMITED";
    return put(line + "\n");
  }

  Status put(std::string_view text) {
    buffer_.insert(buffer_.end(), text.begin(), text.end());
    return {};
  }
  Status flush() {
    const Status written = file_.write(buffer_);
    buffer_.clear();
    return written;
  }

  AtomicFile& file_;
  StreamInfo stream_;
  std::vector<std::string> warnings_;
  std::vector<std::uint8_t> buffer_;
  Rational rate_;
  holo_image first_{};
  std::int64_t first_pts_ = 0;
  std::uint64_t frames_ = 0;
  bool uneven_ = false;
};

}  // namespace

Result<std::unique_ptr<VideoWriter>> create_y4m_file(AtomicFile& file, const StreamInfo& stream,
                                                     const std::string& carry_from) {
  if (!stream.image || stream.time_base.num <= 0 || stream.time_base.den <= 0) {
    return make_error(HOLO_INVALID_ARG, "a video needs an image description and a time base");
  }
  HOLO_ASSIGN(const std::string chroma, chroma_tag(upright_image(*stream.image)));
  static_cast<void>(chroma);  // made again with the first frame; here only to refuse early
  return std::unique_ptr<VideoWriter>(
      std::make_unique<Y4mWriter>(file, stream, !carry_from.empty()));
}

}  // namespace holo::media
