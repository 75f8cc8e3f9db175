// Squared error and PSNR, and the checks that two units can be compared at all.
#include <cmath>
#include <cstring>
#include <limits>

#include "core/metrics/quality.hpp"

namespace holo::metrics {
namespace {

std::string size_of(std::int64_t width, std::int64_t height) {
  return std::to_string(width) + "x" + std::to_string(height);
}

Status check_pair(const UnitBuffer& a, const UnitBuffer& b) {
  if (!a.image || !b.image) {
    return make_error(HOLO_INVALID_ARG, "only pictures and frames can be compared");
  }
  const holo_image& x = *a.image;
  const holo_image& y = *b.image;
  if (x.width != y.width || x.height != y.height || x.model != y.model ||
      x.bit_depth != y.bit_depth || x.chroma_shift_x != y.chroma_shift_x ||
      x.chroma_shift_y != y.chroma_shift_y) {
    return make_error(
        HOLO_INVALID_ARG,
        "the two pictures differ in size, colour model or depth: " + size_of(x.width, x.height) +
            " of " + std::to_string(x.bit_depth) + " bit against " + size_of(y.width, y.height) +
            " of " + std::to_string(y.bit_depth) + " bit");
  }
  return {};
}

double decibels(double peak, double error) {
  if (error == 0) return std::numeric_limits<double>::infinity();
  return 10.0 * std::log10(peak * peak / error);
}

}  // namespace

Result<double> mean_squared_error(const Plane& a, const Plane& b) {
  if (a.width != b.width || a.height != b.height || a.peak != b.peak || a.samples.empty()) {
    return make_error(HOLO_INVALID_ARG, "planes of " + size_of(a.width, a.height) + " and " +
                                            size_of(b.width, b.height) + " cannot be compared");
  }
  double sum = 0;
  for (std::int64_t y = 0; y < a.height; ++y) {
    // Summed row by row, so that large pictures lose no digits.
    double row_sum = 0;
    for (std::int64_t x = 0; x < a.width; ++x) {
      const double difference = a.row(y)[x] - b.row(y)[x];
      row_sum += difference * difference;
    }
    sum += row_sum;
  }
  return sum / static_cast<double>(a.samples.size());
}

Result<double> psnr(const Plane& a, const Plane& b) {
  HOLO_ASSIGN(const double error, mean_squared_error(a, b));
  return decibels(a.peak, error);
}

Result<double> psnr_rgb(const UnitBuffer& a, const UnitBuffer& b) {
  HOLO_TRY(check_pair(a, b));
  if (a.image->model == HOLO_YCBCR) {
    return make_error(HOLO_UNSUPPORTED,
                      "PSNR over RGB of YCbCr pictures: convert them to RGB first");
  }
  const std::size_t colours = a.image->model == HOLO_RGB ? 3 : 1;
  double sum = 0;
  double peak = 0;
  for (std::size_t c = 0; c < colours; ++c) {
    const Plane plane = plane_of(a, c);
    HOLO_ASSIGN(const double error, mean_squared_error(plane, plane_of(b, c)));
    sum += error;
    peak = plane.peak;
  }
  return decibels(peak, sum / static_cast<double>(colours));
}

Result<double> psnr_luma(const UnitBuffer& a, const UnitBuffer& b) {
  HOLO_TRY(check_pair(a, b));
  return psnr(luma_of(a), luma_of(b));
}

bool same_samples(const UnitBuffer& a, const UnitBuffer& b) {
  for (std::size_t plane = 0; plane < a.plane_count(); ++plane) {
    const auto bytes = static_cast<std::size_t>(a.plane_width(plane)) *
                       static_cast<std::size_t>(bytes_per_sample(*a.image));
    for (std::int64_t y = 0; y < a.plane_height(plane); ++y) {
      if (std::memcmp(a.plane(plane) + y * a.row_bytes(plane),
                      b.plane(plane) + y * b.row_bytes(plane), bytes) != 0) {
        return false;
      }
    }
  }
  return true;
}

Result<Quality> compare(const UnitBuffer& a, const UnitBuffer& b) {
  Quality quality;
  HOLO_ASSIGN(quality.psnr_rgb, psnr_rgb(a, b));
  const Plane luma_a = luma_of(a);
  const Plane luma_b = luma_of(b);
  HOLO_ASSIGN(quality.psnr_luma, psnr(luma_a, luma_b));
  if (auto value = ssim(luma_a, luma_b); value.ok()) quality.ssim = *value;
  if (auto value = ms_ssim(luma_a, luma_b); value.ok()) quality.ms_ssim = *value;
  return quality;
}

}  // namespace holo::metrics
