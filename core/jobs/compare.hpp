// Compare: how far two files are apart, sample by sample.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/host/job.hpp"
#include "core/host/registry.hpp"

namespace holo::jobs {

// Decibels of the squared error pooled over all units; infinite where nothing differs. SSIM and
// MS-SSIM are means over the units, of luma, and absent where a picture is too small for them.
struct CompareReport {
  std::uint64_t units = 0;
  bool identical = true;           // every sample, alpha included
  std::optional<double> psnr_rgb;  // GRAY and RGB units
  double psnr_y = 0;               // of luma; RGB is converted by BT.601
  std::optional<double> psnr_cb;   // YCBCR units
  std::optional<double> psnr_cr;
  std::optional<double> ssim;
  std::optional<double> ms_ssim;
  std::string warning;  // videos of different length are compared up to the shorter one
};

// Which of the figures that take long are wanted.
struct CompareFigures {
  bool ssim = true;
  bool ms_ssim = true;
};

// The two files hold pictures or videos of the same size, model and depth; either may be a .holo
// or .holovid file.
Result<CompareReport> compare(host::Registry& registry, host::Job& job,
                              const std::string& reference, const std::string& test,
                              CompareFigures figures = {});

}  // namespace holo::jobs
