// How far a picture is from its original: PSNR, SSIM and MS-SSIM, all in double.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/unit.hpp"

namespace holo::metrics {

// Samples of one plane as doubles, rows without padding, and the greatest value they can have.
struct Plane {
  std::int64_t width = 0;
  std::int64_t height = 0;
  double peak = 255;
  std::vector<double> samples;

  [[nodiscard]] const double* row(std::int64_t y) const { return samples.data() + y * width; }
};

// A plane of a picture or frame; `index` below unit.plane_count().
Plane plane_of(const UnitBuffer& unit, std::size_t index);
// Luma: the first plane of GRAY and YCBCR; of RGB 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601),
// unrounded. Alpha plays no part.
Plane luma_of(const UnitBuffer& unit);

// All compare two planes or units of the same size, model and depth; anything else is INVALID_ARG.

// Mean squared error.
Result<double> mean_squared_error(const Plane& a, const Plane& b);
// 10 log10(peak^2 / mean squared error) in dB; infinity for equal samples.
Result<double> psnr(const Plane& a, const Plane& b);
// PSNR of the mean squared error over all colour planes, alpha left out. YCBCR is UNSUPPORTED:
// convert it first.
Result<double> psnr_rgb(const UnitBuffer& a, const UnitBuffer& b);
// PSNR of luma_of.
Result<double> psnr_luma(const UnitBuffer& a, const UnitBuffer& b);

// Mean SSIM, Wang et al. 2004: Gaussian window 11x11, sigma 1.5, K1 0.01, K2 0.03, over every
// window that lies inside, without downsampling. Planes of less than 11x11 are INVALID_ARG.
Result<double> ssim(const Plane& a, const Plane& b);
// MS-SSIM, Wang et al. 2003: five scales, weights 0.0448 0.2856 0.3001 0.2363 0.1333, 2x2 means in
// between, negative terms counted as zero. Planes of less than 161x161 are INVALID_ARG.
Result<double> ms_ssim(const Plane& a, const Plane& b);

// True if no sample differs, alpha included.
bool same_samples(const UnitBuffer& a, const UnitBuffer& b);

struct Quality {
  double psnr_rgb = 0;
  double psnr_luma = 0;
  std::optional<double> ssim;     // of luma; empty if too small
  std::optional<double> ms_ssim;  // of luma; empty if too small
};

// All of them for two RGB or GRAY units.
Result<Quality> compare(const UnitBuffer& a, const UnitBuffer& b);

}  // namespace holo::metrics
