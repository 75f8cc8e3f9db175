// YCbCr to RGB against the equations of H.273 in double, and the placement of chroma.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>

#include "core/media/media_test_support.hpp"

namespace holo::media::test {
namespace {

struct Matrix {
  int code;
  double kr, kb;
};
constexpr std::array<Matrix, 4> kMatrices = {
    {{1, 0.2126, 0.0722}, {2, 0.299, 0.114}, {6, 0.299, 0.114}, {9, 0.2627, 0.0593}}};

holo_image ycbcr(int width, int height, int depth, int matrix, bool full) {
  holo_image image = make_image(width, height, HOLO_YCBCR, false, depth);
  image.matrix = matrix;
  image.full_range = full ? 1 : 0;
  return image;
}

// R, G, B in 0..max, unrounded, from code values.
std::array<double, 3> reference(const Matrix& m, int depth, bool full, double y, double cb,
                                double cr) {
  const double max = std::exp2(depth) - 1;
  const double step = std::exp2(depth - 8);
  const double luma = full ? y / max : (y - 16 * step) / (219 * step);
  const double span = full ? max : 224 * step;
  const double u = (cb - 128 * step) / span;
  const double v = (cr - 128 * step) / span;
  const double r = luma + 2 * (1 - m.kr) * v;
  const double b = luma + 2 * (1 - m.kb) * u;
  const double g = (luma - m.kr * r - m.kb * b) / (1 - m.kr - m.kb);
  return {r * max, g * max, b * max};
}

}  // namespace

TEST_CASE("conversion is within rounding of the equations, for every matrix, range and depth") {
  for (const auto& matrix : kMatrices) {
    for (const bool full : {false, true}) {
      for (const int depth : {8, 10, 12, 16}) {
        CAPTURE(matrix.code, full, depth);
        const auto in = make_picture(ycbcr(64, 64, depth, matrix.code, full), 3);
        auto copy = make_picture(ycbcr(64, 64, depth, matrix.code, full), 3);
        const auto out = to_rgb(std::move(copy));
        REQUIRE(out.ok());
        REQUIRE(out->image->model == HOLO_RGB);
        REQUIRE(out->image->bit_depth == depth);
        REQUIRE(out->image->full_range == 1);
        const double max = std::exp2(depth) - 1;
        double worst = 0;
        for (int i = 0; i < 64 * 64; ++i) {
          const auto expected =
              reference(matrix, depth, full, sample(in, 0, i % 64, i / 64),
                        sample(in, 1, i % 64, i / 64), sample(in, 2, i % 64, i / 64));
          for (std::size_t c = 0; c < 3; ++c) {
            const double clamped = std::clamp(expected[c], 0.0, max);
            worst = std::max(worst, std::abs(clamped - sample(*out, c, i % 64, i / 64)));
          }
        }
        CHECK(worst < 0.51 + max * 1e-6);
      }
    }
  }
}

TEST_CASE("black, white and grey are exact in limited range") {
  auto in = make_picture(ycbcr(3, 1, 8, 1, false));
  const std::array<std::uint32_t, 3> luma = {16, 235, 126};
  for (int x = 0; x < 3; ++x) {
    set_sample(in, 0, x, 0, luma[static_cast<std::size_t>(x)]);
    set_sample(in, 1, x, 0, 128);
    set_sample(in, 2, x, 0, 128);
  }
  const auto out = to_rgb(std::move(in));
  for (std::size_t c = 0; c < 3; ++c) {
    CHECK(sample(*out, c, 0, 0) == 0);
    CHECK(sample(*out, c, 1, 0) == 255);
    CHECK(sample(*out, c, 2, 0) == 128);  // 110 / 219 * 255 = 128.08
  }
}

TEST_CASE("identity puts G, B, R in their places") {
  const auto in = make_picture(ycbcr(5, 4, 8, 0, true));
  const auto out = to_rgb(make_picture(ycbcr(5, 4, 8, 0, true)));
  REQUIRE(out.ok());
  CHECK(sample(*out, 0, 3, 2) == sample(in, 2, 3, 2));
  CHECK(sample(*out, 1, 3, 2) == sample(in, 0, 3, 2));
  CHECK(sample(*out, 2, 3, 2) == sample(in, 1, 3, 2));
}

TEST_CASE("chroma is interpolated where its samples lie") {
  // A chroma slope along x: 64, 96, 128, 160 at chroma samples 0..3. Blue follows it.
  const auto blue = [](int location, int y_slope) {
    holo_image image = ycbcr(8, 8, 8, 6, true);
    image.chroma_shift_x = 1;
    image.chroma_shift_y = 1;
    image.chroma_location = location;
    auto unit = UnitBuffer::planes(HOLO_FRAME, image, 1 << 20);
    REQUIRE(unit.ok());
    for (int i = 0; i < 64; ++i) set_sample(*unit, 0, i % 8, i / 8, 100);
    for (int i = 0; i < 16; ++i) {
      const int position = y_slope != 0 ? i / 4 : i % 4;
      set_sample(*unit, 1, i % 4, i / 4, static_cast<std::uint32_t>(64 + 32 * position));
      set_sample(*unit, 2, i % 4, i / 4, 128);
    }
    auto rgb = to_rgb(std::move(*unit));
    REQUIRE(rgb.ok());
    return std::move(rgb).value();
  };
  const auto expected = [](double cb) {
    return static_cast<std::uint32_t>(
        std::lround(std::clamp(100 + 1.772 * (cb - 128), 0.0, 255.0)));
  };
  // Left: luma 2 lies on chroma 1, luma 3 half way to chroma 2.
  CHECK(sample(blue(1, 0), 2, 2, 4) == expected(96));
  CHECK(sample(blue(1, 0), 2, 3, 4) == expected(112));
  CHECK(sample(blue(0, 0), 2, 3, 4) == expected(112));
  // Centre: luma 2 lies a quarter before chroma 1, luma 3 a quarter behind.
  CHECK(sample(blue(2, 0), 2, 2, 4) == expected(88));
  CHECK(sample(blue(2, 0), 2, 3, 4) == expected(104));
  // Down the picture: left is centred between rows, top left lies on them, bottom left half a row
  // on.
  CHECK(sample(blue(1, 1), 2, 4, 2) == expected(88));
  CHECK(sample(blue(3, 1), 2, 4, 2) == expected(96));
  CHECK(sample(blue(5, 1), 2, 4, 2) == expected(80));
  CHECK(sample(blue(5, 1), 2, 4, 3) == expected(96));
  // Beyond the first and last chroma sample its value is repeated.
  CHECK(sample(blue(2, 0), 2, 0, 4) == expected(64));
  CHECK(sample(blue(1, 0), 2, 7, 4) == expected(160));
}

TEST_CASE("flat chroma stays flat at every size, shift and location") {
  for (const auto& [width, height] : {std::pair{1, 1}, {2, 3}, {7, 5}}) {
    for (int location = 0; location <= 7; ++location) {
      for (const int shifts : {0, 1, 3}) {
        holo_image image = ycbcr(width, height, 8, 1, false);
        image.chroma_shift_x = shifts & 1;
        image.chroma_shift_y = shifts >> 1;
        image.chroma_location = location;
        auto unit = UnitBuffer::planes(HOLO_FRAME, image, 1 << 20);
        REQUIRE(unit.ok());
        for (std::size_t p = 0; p < 3; ++p) {
          for (int y = 0; y < unit->plane_height(p); ++y) {
            for (int x = 0; x < unit->plane_width(p); ++x)
              set_sample(*unit, p, x, y, p == 0 ? 81 : p == 1 ? 90 : 240);
          }
        }
        const auto out = to_rgb(std::move(*unit));
        REQUIRE(out.ok());
        const auto first = sample(*out, 0, 0, 0);
        CHECK(first > 250);
        for (int i = 0; i < width * height; ++i)
          CHECK(sample(*out, 0, i % width, i / width) == first);
      }
    }
  }
}

TEST_CASE("alpha is copied, limited grey is stretched, RGB stays") {
  auto with_alpha = ycbcr(4, 4, 8, 1, true);
  with_alpha.has_alpha = 1;
  const auto in = make_picture(with_alpha);
  const auto out = to_rgb(make_picture(with_alpha));
  CHECK(sample(*out, 3, 2, 3) == sample(in, 3, 2, 3));

  auto limited = make_image(2, 1, HOLO_GRAY, false, 8);
  limited.full_range = 0;
  auto grey = make_picture(limited);
  set_sample(grey, 0, 0, 0, 16);
  set_sample(grey, 0, 1, 0, 235);
  auto png = encode("png", grey);
  REQUIRE(png.ok());
  const auto picture = decode(*png);
  CHECK(sample(picture->unit, 0, 0, 0) == 0);
  CHECK(sample(picture->unit, 0, 1, 0) == 255);

  const auto rgb = make_picture(make_image(4, 4, HOLO_RGB, false, 8));
  CHECK(equal(*to_rgb(make_picture(make_image(4, 4, HOLO_RGB, false, 8))), rgb));
}

TEST_CASE("a matrix without a rule is refused by its number") {
  const auto out = to_rgb(make_picture(ycbcr(4, 4, 8, 10, false)));
  REQUIRE(!out.ok());
  CHECK(out.error().code == HOLO_UNSUPPORTED);
  CHECK_THAT(out.error().message, Catch::Contains("10"));
}

TEST_CASE("a YCbCr unit is written as the RGB picture it means") {
  holo_image image = ycbcr(16, 12, 8, 1, false);
  image.chroma_shift_x = 1;
  image.chroma_shift_y = 1;
  auto unit = make_picture(image);
  const auto direct = to_rgb(make_picture(image));
  const auto png = decode(*encode("png", unit));
  REQUIRE(png.ok());
  for (std::size_t c = 0; c < 3; ++c) {
    for (int i = 0; i < 16 * 12; ++i) {
      REQUIRE(sample(png->unit, c, i % 16, i / 16) == sample(*direct, c, i % 16, i / 16));
    }
  }
}

}  // namespace holo::media::test
