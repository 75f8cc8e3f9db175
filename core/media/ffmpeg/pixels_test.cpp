// Pixel formats: what is exact, what is converted, and how display matrices map to orientations.
#include "core/media/ffmpeg/pixels.hpp"

extern "C" {
#include <libavutil/display.h>
#include <libavutil/pixdesc.h>
}

#include <catch2/catch.hpp>

#include "core/media/ffmpeg/clip.hpp"
#include "core/media/ffmpeg/turn.hpp"

namespace holo::media {
namespace {

TEST_CASE("Every format is exact, or has an exact one near it, or lives on a device") {
  const AVPixFmtDescriptor* type = nullptr;
  while ((type = av_pix_fmt_desc_next(type)) != nullptr) {
    const AVPixelFormat format = av_pix_fmt_desc_get_id(type);
    INFO(type->name);
    const AVPixelFormat nearest = nearest_exact(format);
    if ((type->flags & AV_PIX_FMT_FLAG_HWACCEL) != 0) {
      CHECK(nearest == AV_PIX_FMT_NONE);
    } else {
      REQUIRE(image_of(nearest));
      CHECK(image_of(nearest)->bit_depth >= 8);
    }
  }
  CHECK(nearest_exact(AV_PIX_FMT_PAL8) == AV_PIX_FMT_GBRP);
  CHECK(nearest_exact(AV_PIX_FMT_YUV411P) == AV_PIX_FMT_YUV422P);
  CHECK(nearest_exact(AV_PIX_FMT_P010LE) == AV_PIX_FMT_P010LE);
}

TEST_CASE("Samples go into a packed frame and come back the same") {
  const AVPixelFormat format = GENERATE(
      AV_PIX_FMT_NV12, AV_PIX_FMT_NV21, AV_PIX_FMT_P010LE, AV_PIX_FMT_P010BE, AV_PIX_FMT_YUYV422,
      AV_PIX_FMT_RGB24, AV_PIX_FMT_BGRA, AV_PIX_FMT_RGB48BE, AV_PIX_FMT_GBRP, AV_PIX_FMT_YUVJ422P,
      AV_PIX_FMT_YA8, AV_PIX_FMT_X2RGB10LE, AV_PIX_FMT_YUV440P10LE, AV_PIX_FMT_GBRAP12LE);
  INFO(av_get_pix_fmt_name(format));
  auto image = image_of(format);
  REQUIRE(image);
  image->width = 19;
  image->height = 7;
  if (format == AV_PIX_FMT_YUYV422) image->width = 20;
  auto unit = UnitBuffer::planes(HOLO_FRAME, *image, 1 << 20);
  REQUIRE(unit);
  for (std::size_t plane = 0; plane < unit->plane_count(); ++plane) {
    for (int y = 0; y < unit->plane_height(plane); ++y) {
      for (int x = 0; x < unit->plane_width(plane); ++x) {
        const unsigned value = test::pattern(3, static_cast<int>(plane), x, y, image->bit_depth);
        std::uint8_t* row = unit->plane(plane) + unit->row_bytes(plane) * y;
        if (image->bit_depth <= 8) {
          row[x] = static_cast<std::uint8_t>(value);
        } else {
          row[2 * x] = static_cast<std::uint8_t>(value);
          row[2 * x + 1] = static_cast<std::uint8_t>(value >> 8);
        }
      }
    }
  }
  auto frame = allocate_frame(format, image->width, image->height);
  REQUIRE(frame);
  REQUIRE(copy_planes(*unit, **frame).ok());
  auto back = UnitBuffer::planes(HOLO_FRAME, *image, 1 << 20);
  REQUIRE(back);
  REQUIRE(copy_planes(**frame, *back).ok());
  for (std::size_t plane = 0; plane < unit->plane_count(); ++plane) {
    const auto size = unit->row_bytes(plane) * unit->plane_height(plane);
    CHECK(std::equal(unit->plane(plane), unit->plane(plane) + size, back->plane(plane)));
  }
}

TEST_CASE("Display matrices and orientations are each other's reverse") {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    std::int32_t matrix[9];
    display_matrix(orientation, 64, 48, matrix);
    CHECK(orientation_of(matrix) == orientation);
  }
  std::int32_t matrix[9];
  display_matrix(6, 64, 48, matrix);
  // FFmpeg counts counterclockwise: orientation 6 is turned clockwise by 90 degrees for viewing.
  CHECK(av_display_rotation_get(matrix) == Approx(-90));
  display_matrix(8, 64, 48, matrix);
  CHECK(av_display_rotation_get(matrix) == Approx(90));
}

TEST_CASE("Upright planes are the stored ones, turned") {
  holo_image image = make_image(4, 3, HOLO_YCBCR, false, 8);
  image.chroma_shift_x = 1;
  image.orientation = 6;
  auto unit = UnitBuffer::planes(HOLO_FRAME, image, 1 << 20);
  REQUIRE(unit);
  for (std::size_t plane = 0; plane < 3; ++plane) {
    for (int y = 0; y < 3; ++y) {
      for (int x = 0; x < unit->plane_width(plane); ++x) {
        unit->plane(plane)[unit->row_bytes(plane) * y + x] = static_cast<std::uint8_t>(10 * y + x);
      }
    }
  }
  const auto turned = upright_planes(*unit);
  REQUIRE(turned);
  CHECK(turned->image->width == 3);
  CHECK(turned->image->height == 4);
  CHECK(turned->image->chroma_shift_x == 0);
  CHECK(turned->image->chroma_shift_y == 1);
  // Turned clockwise: what was the left column, read upwards, is the top row.
  CHECK(turned->plane(0)[0] == 20);
  CHECK(turned->plane(0)[1] == 10);
  CHECK(turned->plane(0)[2] == 0);
  CHECK(turned->plane(0)[turned->row_bytes(0)] == 21);
}

}  // namespace
}  // namespace holo::media
