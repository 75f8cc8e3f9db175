// Quality figures against values from NumPy and scikit-image, and by hand.
#include "core/metrics/quality.hpp"

#include <catch2/catch.hpp>
#include <cmath>

using namespace holo;
using namespace holo::metrics;

namespace {

// The pictures whose figures were computed elsewhere: a sawtooth, and the same with a small
// pattern.
Plane sawtooth(std::int64_t width, std::int64_t height, bool pattern) {
  Plane plane{width, height, 255, {}};
  for (std::int64_t y = 0; y < height; ++y) {
    for (std::int64_t x = 0; x < width; ++x) {
      const auto base = (x * 3 + y * 5) % 200 + 20;
      plane.samples.push_back(
          static_cast<double>(pattern ? base + (x * 7 + y * 13) % 11 - 5 : base));
    }
  }
  return plane;
}

UnitBuffer flat(int model, int depth, std::initializer_list<int> values) {
  auto unit = UnitBuffer::planes(HOLO_PICTURE, make_image(16, 12, model, false, depth), 1 << 20);
  REQUIRE(unit.ok());
  std::size_t p = 0;
  for (const int value : values) {
    for (int y = 0; y < 12; ++y) {
      for (int x = 0; x < 16; ++x) {
        std::uint8_t* row = unit->plane(p) + y * unit->row_bytes(p);
        if (depth > 8) {
          reinterpret_cast<std::uint16_t*>(row)[x] = static_cast<std::uint16_t>(value);
        } else {
          row[x] = static_cast<std::uint8_t>(value);
        }
      }
    }
    ++p;
  }
  return std::move(unit).value();
}

}  // namespace

TEST_CASE("error, PSNR and SSIM agree with scikit-image to ten digits") {
  struct Row {
    std::int64_t width, height;
    double mse, psnr, ssim;
  };
  const Row rows[] = {{11, 11, 10, 38.130803608679, 0.954909278321},
                      {37, 29, 10.0186393289842, 38.122716185822, 0.958520387681},
                      {176, 163, 10, 38.130803608679, 0.965113898956}};
  for (const Row& row : rows) {
    CAPTURE(row.width);
    const Plane a = sawtooth(row.width, row.height, false);
    const Plane b = sawtooth(row.width, row.height, true);
    CHECK(*mean_squared_error(a, b) == Approx(row.mse).epsilon(1e-12));
    CHECK(*psnr(a, b) == Approx(row.psnr).epsilon(1e-11));
    CHECK(*ssim(a, b) == Approx(row.ssim).epsilon(1e-10));
    CHECK(*ssim(a, b) == Approx(*ssim(b, a)).epsilon(1e-12));
  }
}

TEST_CASE("MS-SSIM agrees with NumPy over five scales, odd sizes included") {
  CHECK(*ms_ssim(sawtooth(176, 163, false), sawtooth(176, 163, true)) ==
        Approx(0.998046141890).epsilon(1e-10));
}

TEST_CASE("equal pictures are perfect") {
  const Plane a = sawtooth(176, 163, true);
  CHECK(*mean_squared_error(a, a) == 0);
  CHECK(std::isinf(*psnr(a, a)));
  CHECK(*ssim(a, a) == Approx(1).epsilon(1e-12));
  CHECK(*ms_ssim(a, a) == Approx(1).epsilon(1e-12));
}

TEST_CASE("an opposite picture counts as zero in MS-SSIM, not as a number that is none") {
  const Plane a = sawtooth(176, 163, false);
  Plane b = a;
  for (double& value : b.samples) value = 255 - value;
  CHECK(*ssim(a, b) < 0);
  CHECK(*ms_ssim(a, b) == 0);
}

TEST_CASE("SSIM of flat planes is the luminance term by hand") {
  Plane a{11, 11, 255, std::vector<double>(121, 100)};
  Plane b{11, 11, 255, std::vector<double>(121, 120)};
  const double c1 = 2.55 * 2.55;
  CHECK(*ssim(a, b) == Approx((2 * 100 * 120 + c1) / (100 * 100 + 120 * 120 + c1)).epsilon(1e-9));
}

TEST_CASE("PSNR over RGB averages the error of the planes, luma weighs the samples") {
  const auto a = flat(HOLO_RGB, 8, {100, 100, 100});
  const auto b = flat(HOLO_RGB, 8, {103, 100, 96});
  CHECK(*psnr_rgb(a, b) == Approx(10 * std::log10(255.0 * 255.0 / (25.0 / 3))).epsilon(1e-12));
  const double luma = 0.299 * 3 - 0.114 * 4;
  CHECK(*psnr_luma(a, b) == Approx(10 * std::log10(255.0 * 255.0 / (luma * luma))).epsilon(1e-9));
}

TEST_CASE("the peak follows the bit depth") {
  const auto a = flat(HOLO_GRAY, 10, {1000});
  const auto b = flat(HOLO_GRAY, 10, {990});
  CHECK(*psnr_rgb(a, b) == Approx(10 * std::log10(1023.0 * 1023.0 / 100)).epsilon(1e-12));
  CHECK(*psnr_luma(a, b) == Approx(*psnr_rgb(a, b)));
}

TEST_CASE("compare gives what the size allows") {
  const auto quality = compare(flat(HOLO_RGB, 8, {9, 8, 7}), flat(HOLO_RGB, 8, {9, 8, 6}));
  REQUIRE(quality.ok());
  CHECK(quality->psnr_rgb > 50);
  CHECK(quality->psnr_luma > quality->psnr_rgb);
  CHECK(quality->ssim.has_value());
  CHECK(!quality->ms_ssim.has_value());
}

TEST_CASE("what cannot be compared is refused") {
  const auto rgb = flat(HOLO_RGB, 8, {1, 2, 3});
  const auto grey = flat(HOLO_GRAY, 8, {1});
  const auto deep = flat(HOLO_GRAY, 12, {1});
  const auto chroma = flat(HOLO_YCBCR, 8, {1, 2, 3});
  CHECK(psnr_rgb(rgb, grey).error().code == HOLO_INVALID_ARG);
  CHECK(psnr_luma(grey, deep).error().code == HOLO_INVALID_ARG);
  CHECK(psnr_rgb(chroma, chroma).error().code == HOLO_UNSUPPORTED);
  CHECK(std::isinf(*psnr_luma(chroma, chroma)));
  const Plane small = sawtooth(10, 40, false);
  CHECK(ssim(small, small).error().code == HOLO_INVALID_ARG);
  const Plane medium = sawtooth(160, 400, false);
  CHECK(ms_ssim(medium, medium).error().code == HOLO_INVALID_ARG);
  const Plane enough = sawtooth(161, 161, false);
  CHECK(ms_ssim(enough, enough).ok());
  CHECK(psnr(small, medium).error().code == HOLO_INVALID_ARG);
}
