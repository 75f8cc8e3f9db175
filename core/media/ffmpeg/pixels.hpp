// Which FFmpeg pixel formats are which planes, and moving samples between AVFrame and UnitBuffer.
//
// Every format whose samples are unsigned integers of one depth (8, 9, 10, 12, 14 or 16 bits) and
// whose chroma is subsampled by at most 2 is taken sample by sample, exactly, planar or packed:
// yuv, yuvj, nv12, p010, gray, rgb24, gbrp, bgra and so on. RGB stays RGB. What is left goes
// through libswscale to the nearest of these:
//   palettes and RGB with unequal depths -> RGB, 8 bits (the alpha of a palette is dropped)
//   black and white                      -> gray, 8 bits
//   floating point, Bayer, XYZ           -> gray or RGB, 16 bits
//   4:1:0 and 4:1:1                      -> 4:2:0 and 4:2:2 of the same depth
#pragma once

#include <optional>

#include "core/base/unit.hpp"
#include "core/media/ffmpeg/av.hpp"

namespace holo::media {

// Model, alpha, depth and subsampling of a format that is taken exactly; nothing for the others.
std::optional<holo_image> image_of(AVPixelFormat format);
// What a format is converted to first: itself, if it is taken exactly.
AVPixelFormat nearest_exact(AVPixelFormat format);
// The planar format that holds exactly these planes, or AV_PIX_FMT_NONE.
AVPixelFormat planar_format(const holo_image& image);

// Colour tags of a frame, and the other way round. An untagged RGB or gray frame is full range, an
// untagged YCbCr frame limited.
void take_colour(const AVFrame& frame, holo_image& image);
void give_colour(const holo_image& image, AVFrame& frame);
void give_colour(const holo_image& image, AVCodecContext& codec);

// Copies all samples; `frame` has the size of the unit and a format with the same image_of().
Status copy_planes(const AVFrame& frame, UnitBuffer& unit);
Status copy_planes(const UnitBuffer& unit, AVFrame& frame);

// An empty frame with memory.
Result<AvPtr<AVFrame>> allocate_frame(AVPixelFormat format, int width, int height);

// Converts frames of one size and format to another format, keeping matrix and range unless the
// model changes (RGB becomes BT.709, limited range).
class Converter {
 public:
  Result<AvPtr<AVFrame>> convert(const AVFrame& frame, AVPixelFormat format);

 private:
  AvPtr<SwsContext> scaler_;
  int width_ = 0, height_ = 0, from_ = -1, to_ = -1;
};

// EXIF orientation of a display matrix (nine integers), 1 if it is none of the eight.
int orientation_of(const std::int32_t* matrix);
// The display matrix of an EXIF orientation, for planes of this size.
void display_matrix(int orientation, int width, int height, std::int32_t* matrix);

}  // namespace holo::media
