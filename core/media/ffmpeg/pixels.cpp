// Sample-exact transport between FFmpeg's pixel formats and planes, driven by FFmpeg's own format
// descriptions.
#include "core/media/ffmpeg/pixels.hpp"

extern "C" {
#include <libavutil/pixdesc.h>
}

#include <algorithm>
#include <cstring>
#include <vector>

namespace holo::media {

namespace {

constexpr int kDepths[] = {8, 9, 10, 12, 14, 16};
constexpr std::uint64_t kOtherwiseStored = AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_BITSTREAM |
                                           AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_BAYER |
                                           AV_PIX_FMT_FLAG_FLOAT;
constexpr std::uint64_t kLibraryOrder = AV_PIX_FMT_FLAG_BE;

struct Nearest {
  AVPixelFormat from;
  AVPixelFormat to;
};
constexpr Nearest kNearest[] = {
    {AV_PIX_FMT_YUV411P, AV_PIX_FMT_YUV422P},    {AV_PIX_FMT_YUVJ411P, AV_PIX_FMT_YUVJ422P},
    {AV_PIX_FMT_UYYVYY411, AV_PIX_FMT_YUV422P},  {AV_PIX_FMT_YUV410P, AV_PIX_FMT_YUV420P},
    {AV_PIX_FMT_MONOBLACK, AV_PIX_FMT_GRAY8},    {AV_PIX_FMT_MONOWHITE, AV_PIX_FMT_GRAY8},
    {AV_PIX_FMT_GRAYF32LE, AV_PIX_FMT_GRAY16LE}, {AV_PIX_FMT_GRAYF32BE, AV_PIX_FMT_GRAY16LE},
};

const AVPixFmtDescriptor* description(AVPixelFormat format) { return av_pix_fmt_desc_get(format); }

// True if component `c` of the format lies in memory as our planes do, row by row.
bool is_plain_plane(const AVPixFmtDescriptor& type, int c) {
  const AVComponentDescriptor& component = type.comp[c];
  const int bytes = component.depth > 8 ? 2 : 1;
  return component.step == bytes && component.offset == 0 && component.shift == 0 &&
         (bytes == 1 || (type.flags & kLibraryOrder) == 0);
}

// Calls body(c, y, width) for each row of each plane. Component c is our plane c in every model.
template <class Body>
void for_each_row(const UnitBuffer& unit, Body body) {
  for (std::size_t c = 0; c < unit.plane_count(); ++c) {
    for (std::int64_t y = 0; y < unit.plane_height(c); ++y) {
      body(c, static_cast<int>(y), static_cast<int>(unit.plane_width(c)));
    }
  }
}

struct Orientation {
  int exif;
  int a, b, c, d;  // signs: x' = a x + c y, y' = b x + d y
};
constexpr Orientation kOrientations[] = {
    {1, 1, 0, 0, 1}, {2, -1, 0, 0, 1}, {3, -1, 0, 0, -1}, {4, 1, 0, 0, -1},
    {5, 0, 1, 1, 0}, {6, 0, 1, -1, 0}, {7, 0, -1, -1, 0}, {8, 0, -1, 1, 0},
};
constexpr std::int32_t kOne = 1 << 16;

int sign(std::int32_t value) { return (value > 0) - (value < 0); }

}  // namespace

std::optional<holo_image> image_of(AVPixelFormat format) {
  const AVPixFmtDescriptor* type = description(format);
  if (type == nullptr || (type->flags & kOtherwiseStored) != 0 || format == AV_PIX_FMT_XYZ12LE ||
      format == AV_PIX_FMT_XYZ12BE || type->log2_chroma_w > 1 || type->log2_chroma_h > 1) {
    return std::nullopt;
  }
  const bool alpha = (type->flags & AV_PIX_FMT_FLAG_ALPHA) != 0;
  const int colours = type->nb_components - (alpha ? 1 : 0);
  const int depth = type->comp[0].depth;
  if ((colours != 1 && colours != 3) ||
      std::find(std::begin(kDepths), std::end(kDepths), depth) == std::end(kDepths)) {
    return std::nullopt;
  }
  for (int c = 1; c < type->nb_components; ++c) {
    if (type->comp[c].depth != depth) return std::nullopt;
  }
  const bool rgb = (type->flags & AV_PIX_FMT_FLAG_RGB) != 0;
  holo_image image =
      make_image(1, 1, colours == 1 ? HOLO_GRAY : (rgb ? HOLO_RGB : HOLO_YCBCR), alpha, depth);
  if (image.model == HOLO_YCBCR) {
    image.chroma_shift_x = type->log2_chroma_w;
    image.chroma_shift_y = type->log2_chroma_h;
  }
  return image;
}

AVPixelFormat nearest_exact(AVPixelFormat format) {
  if (image_of(format)) return format;
  for (const Nearest& row : kNearest) {
    if (row.from == format) return row.to;
  }
  const AVPixFmtDescriptor* type = description(format);
  if (type == nullptr || (type->flags & AV_PIX_FMT_FLAG_HWACCEL) != 0) return AV_PIX_FMT_NONE;
  const bool wide = (type->flags & (AV_PIX_FMT_FLAG_FLOAT | AV_PIX_FMT_FLAG_BAYER)) != 0 ||
                    type->comp[0].depth > 8;
  const bool alpha =
      (type->flags & AV_PIX_FMT_FLAG_ALPHA) != 0 && (type->flags & AV_PIX_FMT_FLAG_PAL) == 0;
  if (wide) return alpha ? AV_PIX_FMT_GBRAP16LE : AV_PIX_FMT_GBRP16LE;
  return alpha ? AV_PIX_FMT_GBRAP : AV_PIX_FMT_GBRP;
}

AVPixelFormat planar_format(const holo_image& image) {
  const AVPixFmtDescriptor* type = nullptr;
  while ((type = av_pix_fmt_desc_next(type)) != nullptr) {
    const AVPixelFormat format = av_pix_fmt_desc_get_id(type);
    const auto found = image_of(format);
    if (!found || found->model != image.model || found->has_alpha != image.has_alpha ||
        found->bit_depth != image.bit_depth ||
        (image.model == HOLO_YCBCR && (found->chroma_shift_x != image.chroma_shift_x ||
                                       found->chroma_shift_y != image.chroma_shift_y)) ||
        std::string_view(type->name).starts_with("yuvj")) {
      continue;
    }
    bool planar = true;
    for (int c = 0; c < type->nb_components; ++c) planar = planar && is_plain_plane(*type, c);
    if (planar) return format;
  }
  return AV_PIX_FMT_NONE;
}

void take_colour(const AVFrame& frame, holo_image& image) {
  const auto byte = [](int value) { return value >= 0 && value <= 255 ? value : 2; };
  image.matrix = image.model == HOLO_RGB ? 0 : byte(frame.colorspace);
  image.transfer = byte(frame.color_trc);
  image.primaries = byte(frame.color_primaries);
  const std::string_view name = av_get_pix_fmt_name(static_cast<AVPixelFormat>(frame.format));
  const bool full_if_untagged = image.model != HOLO_YCBCR || name.starts_with("yuvj");
  image.full_range = frame.color_range == AVCOL_RANGE_UNSPECIFIED
                         ? (full_if_untagged ? 1 : 0)
                         : (frame.color_range == AVCOL_RANGE_JPEG ? 1 : 0);
  const bool sited = image.model == HOLO_YCBCR && frame.chroma_location > 0 &&
                     frame.chroma_location < AVCHROMA_LOC_NB;
  image.chroma_location = sited ? frame.chroma_location : 0;
}

void give_colour(const holo_image& image, AVFrame& frame) {
  frame.colorspace = static_cast<AVColorSpace>(image.matrix);
  frame.color_trc = static_cast<AVColorTransferCharacteristic>(image.transfer);
  frame.color_primaries = static_cast<AVColorPrimaries>(image.primaries);
  frame.color_range = image.full_range != 0 ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
  frame.chroma_location = static_cast<AVChromaLocation>(image.chroma_location);
}

void give_colour(const holo_image& image, AVCodecContext& codec) {
  codec.colorspace = static_cast<AVColorSpace>(image.matrix);
  codec.color_trc = static_cast<AVColorTransferCharacteristic>(image.transfer);
  codec.color_primaries = static_cast<AVColorPrimaries>(image.primaries);
  codec.color_range = image.full_range != 0 ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
  codec.chroma_sample_location = static_cast<AVChromaLocation>(image.chroma_location);
}

Status copy_planes(const AVFrame& frame, UnitBuffer& unit) {
  const AVPixFmtDescriptor* type = description(static_cast<AVPixelFormat>(frame.format));
  if (type == nullptr || frame.width != unit.image->width || frame.height != unit.image->height ||
      static_cast<std::size_t>(type->nb_components) != unit.plane_count()) {
    return make_error(HOLO_INTERNAL, "a frame does not have the planes of its description");
  }
  const bool wide = unit.image->bit_depth > 8;
  const std::uint8_t* planes[4] = {frame.data[0], frame.data[1], frame.data[2], frame.data[3]};
  std::vector<std::uint16_t> row(static_cast<std::size_t>(frame.width));
  for_each_row(unit, [&](std::size_t c, int y, int width) {
    std::uint8_t* out = unit.plane(c) + unit.row_bytes(c) * y;
    const auto component = static_cast<int>(c);
    if (is_plain_plane(*type, component)) {
      const int plane = type->comp[c].plane;
      std::memcpy(out, planes[plane] + std::ptrdiff_t{frame.linesize[plane]} * y,
                  static_cast<std::size_t>(width) * (wide ? 2 : 1));
      return;
    }
    av_read_image_line2(wide ? static_cast<void*>(out) : row.data(), planes, frame.linesize, type,
                        0, y, component, width, 0, 2);
    if (!wide) {
      std::transform(row.begin(), row.begin() + width, out,
                     [](std::uint16_t sample) { return static_cast<std::uint8_t>(sample); });
    }
  });
  return {};
}

Status copy_planes(const UnitBuffer& unit, AVFrame& frame) {
  const AVPixFmtDescriptor* type = description(static_cast<AVPixelFormat>(frame.format));
  // A format such as bgr0 has fewer components than bytes; one with more than we have is refused.
  if (type == nullptr || frame.width != unit.image->width || frame.height != unit.image->height ||
      static_cast<std::size_t>(type->nb_components) != unit.plane_count()) {
    return make_error(HOLO_INTERNAL, "a frame does not have the planes of its description");
  }
  const bool wide = unit.image->bit_depth > 8;
  std::vector<std::uint16_t> row(static_cast<std::size_t>(frame.width));
  for_each_row(unit, [&](std::size_t c, int y, int width) {
    const std::uint8_t* in = unit.plane(c) + unit.row_bytes(c) * y;
    const auto component = static_cast<int>(c);
    if (is_plain_plane(*type, component)) {
      const int plane = type->comp[c].plane;
      std::memcpy(frame.data[plane] + std::ptrdiff_t{frame.linesize[plane]} * y, in,
                  static_cast<std::size_t>(width) * (wide ? 2 : 1));
      return;
    }
    if (!wide) std::copy(in, in + width, row.begin());
    av_write_image_line2(wide ? static_cast<const void*>(in) : row.data(), frame.data,
                         frame.linesize, type, 0, y, component, width, 2);
  });
  return {};
}

Result<AvPtr<AVFrame>> allocate_frame(AVPixelFormat format, int width, int height) {
  AvPtr<AVFrame> frame(av_frame_alloc());
  if (!frame) return make_error(HOLO_NO_MEMORY, "no memory for a video frame");
  frame->format = format;
  frame->width = width;
  frame->height = height;
  if (av_frame_get_buffer(frame.get(), 0) < 0) {
    return make_error(HOLO_NO_MEMORY, "no memory for a video frame of " + std::to_string(width) +
                                          "x" + std::to_string(height));
  }
  // Packed formats are written by or-ing fields into what is there.
  for (int i = 0; i < AV_NUM_DATA_POINTERS && frame->buf[i] != nullptr; ++i) {
    std::memset(frame->buf[i]->data, 0, frame->buf[i]->size);
  }
  return frame;
}

Result<AvPtr<AVFrame>> Converter::convert(const AVFrame& frame, AVPixelFormat format) {
  HOLO_ASSIGN(auto out, allocate_frame(format, frame.width, frame.height));
  if (av_frame_copy_props(out.get(), &frame) < 0) {
    return make_error(HOLO_NO_MEMORY, "no memory for a video frame");
  }
  const AVPixFmtDescriptor* from = description(static_cast<AVPixelFormat>(frame.format));
  const AVPixFmtDescriptor* to = description(format);
  const bool was_rgb = (from->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) != 0;
  const bool is_rgb = (to->flags & AV_PIX_FMT_FLAG_RGB) != 0;
  if (!scaler_ || width_ != frame.width || height_ != frame.height || from_ != frame.format ||
      to_ != format) {
    scaler_.reset(sws_getContext(
        frame.width, frame.height, static_cast<AVPixelFormat>(frame.format), frame.width,
        frame.height, format,
        SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP | SWS_BITEXACT,
        nullptr, nullptr, nullptr));
    if (!scaler_) {
      return make_error(HOLO_UNSUPPORTED, std::string("frames of pixel format ") + from->name +
                                              " cannot be converted to " + to->name);
    }
    width_ = frame.width;
    height_ = frame.height;
    from_ = frame.format;
    to_ = format;
    const int matrix =
        was_rgb || frame.colorspace == AVCOL_SPC_UNSPECIFIED ? SWS_CS_ITU709 : frame.colorspace;
    const bool gray = from->nb_components <= 2;
    const bool full = frame.color_range == AVCOL_RANGE_UNSPECIFIED
                          ? was_rgb || gray
                          : frame.color_range == AVCOL_RANGE_JPEG;
    const int to_full = was_rgb == is_rgb ? (full ? 1 : 0) : (is_rgb ? 1 : 0);
    const int* coefficients = sws_getCoefficients(matrix);
    // Formats that need no matrix refuse; there is nothing to set for them.
    static_cast<void>(sws_setColorspaceDetails(scaler_.get(), coefficients, full ? 1 : 0,
                                               coefficients, to_full, 0, 1 << 16, 1 << 16));
  }
  if (was_rgb && !is_rgb) {
    out->colorspace = AVCOL_SPC_BT709;
    out->color_range = AVCOL_RANGE_MPEG;
  }
  if (is_rgb && !was_rgb) {
    out->colorspace = AVCOL_SPC_RGB;
    out->color_range = AVCOL_RANGE_JPEG;
  }
  if (sws_scale(scaler_.get(), frame.data, frame.linesize, 0, frame.height, out->data,
                out->linesize) < 0) {
    return make_error(HOLO_INTERNAL, "libswscale failed to convert a frame");
  }
  return out;
}

int orientation_of(const std::int32_t* matrix) {
  for (const Orientation& row : kOrientations) {
    if (sign(matrix[0]) == row.a && sign(matrix[1]) == row.b && sign(matrix[3]) == row.c &&
        sign(matrix[4]) == row.d) {
      return row.exif;
    }
  }
  return 1;
}

void display_matrix(int orientation, int width, int height, std::int32_t* matrix) {
  const Orientation& row = kOrientations[std::clamp(orientation, 1, 8) - 1];
  std::fill(matrix, matrix + 9, 0);
  matrix[0] = row.a * kOne;
  matrix[1] = row.b * kOne;
  matrix[3] = row.c * kOne;
  matrix[4] = row.d * kOne;
  // Moves the turned picture back to where its corner is at the origin.
  matrix[6] = (row.a < 0 ? width : (row.c < 0 ? height : 0)) * kOne;
  matrix[7] = (row.d < 0 ? height : (row.b < 0 ? width : 0)) * kOne;
  matrix[8] = 1 << 30;
}

}  // namespace holo::media
