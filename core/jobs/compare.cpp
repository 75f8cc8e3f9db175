// Compare: two unit sources side by side.
#include "core/jobs/compare.hpp"

#include <cmath>
#include <limits>

#include "core/jobs/encode.hpp"
#include "core/jobs/input.hpp"
#include "core/jobs/unit_source.hpp"
#include "core/metrics/quality.hpp"

namespace holo::jobs {

namespace {

// A sum of something per unit, absent once one unit lacked it.
struct Mean {
  double sum = 0;
  std::uint64_t count = 0;
  bool present = true;

  void add(const Result<double>& value) {
    if (!value) {
      present = false;
      return;
    }
    sum += *value;
    ++count;
  }
  [[nodiscard]] std::optional<double> value() const {
    if (!present || count == 0) return std::nullopt;
    return sum / static_cast<double>(count);
  }
};

double decibels(double mean_squared_error, double peak) {
  return mean_squared_error > 0 ? 10 * std::log10(peak * peak / mean_squared_error)
                                : std::numeric_limits<double>::infinity();
}

std::string description(const holo_image& image) {
  return std::to_string(image.width) + "x" + std::to_string(image.height) + " " +
         image_model_name(image.model) + (image.has_alpha != 0 ? " with alpha, " : ", ") +
         std::to_string(image.bit_depth) + " bit";
}

Status check_comparable(const UnitBuffer& a, const UnitBuffer& b) {
  if (!a.image || !b.image) {
    return make_error(HOLO_UNSUPPORTED, "compare takes pictures and videos");
  }
  const bool same = a.image->width == b.image->width && a.image->height == b.image->height &&
                    a.image->model == b.image->model && a.image->has_alpha == b.image->has_alpha &&
                    a.image->bit_depth == b.image->bit_depth &&
                    a.image->chroma_shift_x == b.image->chroma_shift_x &&
                    a.image->chroma_shift_y == b.image->chroma_shift_y;
  if (same) return {};
  return make_error(HOLO_INVALID_ARG,
                    "cannot compare " + description(*a.image) + " with " + description(*b.image));
}

struct Totals {
  Mean rgb, luma, cb, cr, ssim, ms_ssim;
  CompareFigures figures;
  double peak = 255;

  Status add(const UnitBuffer& a, const UnitBuffer& b) {
    const metrics::Plane luma_a = metrics::luma_of(a);
    const metrics::Plane luma_b = metrics::luma_of(b);
    peak = luma_a.peak;
    luma.add(metrics::mean_squared_error(luma_a, luma_b));
    if (figures.ssim) ssim.add(metrics::ssim(luma_a, luma_b));
    if (figures.ms_ssim) ms_ssim.add(metrics::ms_ssim(luma_a, luma_b));
    const std::size_t planes = a.image->model == HOLO_GRAY ? 1 : 3;
    double squared = 0;
    for (std::size_t plane = 0; plane < planes; ++plane) {
      HOLO_ASSIGN(const double error, metrics::mean_squared_error(metrics::plane_of(a, plane),
                                                                  metrics::plane_of(b, plane)));
      squared += error;
      if (a.image->model == HOLO_YCBCR && plane == 1) cb.add(error);
      if (a.image->model == HOLO_YCBCR && plane == 2) cr.add(error);
    }
    if (a.image->model != HOLO_YCBCR) rgb.add(squared / static_cast<double>(planes));
    return {};
  }

  [[nodiscard]] std::optional<double> ratio(const Mean& errors) const {
    const auto mean = errors.value();
    return mean ? std::optional(decibels(*mean, peak)) : std::nullopt;
  }
};

}  // namespace

Result<CompareReport> compare(host::Registry& registry, host::Job& job,
                              const std::string& reference, const std::string& test,
                              CompareFigures figures) {
  HOLO_ASSIGN(auto a, open_units(registry, job, reference));
  HOLO_ASSIGN(auto b, open_units(registry, job, test));
  CompareReport report;
  Totals totals;
  totals.figures = figures;
  job.begin_phase("compare", std::max(a->stream().unit_count, b->stream().unit_count));
  for (;;) {
    HOLO_TRY(job.check_cancelled());
    auto first = a->next();
    if (!first) return about(reference, std::move(first).error());
    auto second = b->next();
    if (!second) return about(test, std::move(second).error());
    if (!*first || !*second) {
      if (first->has_value() != second->has_value()) {
        report.identical = false;
        report.warning = (*first ? test : reference) + " is shorter; compared the first " +
                         std::to_string(report.units) + " frames";
      }
      break;
    }
    job.begin_unit(report.units);
    HOLO_TRY(check_comparable(**first, **second));
    report.identical = report.identical && metrics::same_samples(**first, **second);
    HOLO_TRY(totals.add(**first, **second));
    ++report.units;
  }
  if (report.units == 0) return make_error(HOLO_CORRUPT, "there is nothing to compare");
  job.finish_phase();
  report.psnr_rgb = totals.ratio(totals.rgb);
  report.psnr_y = totals.ratio(totals.luma).value_or(0);
  report.psnr_cb = totals.ratio(totals.cb);
  report.psnr_cr = totals.ratio(totals.cr);
  report.ssim = totals.ssim.value();
  report.ms_ssim = totals.ms_ssim.value();
  return report;
}

}  // namespace holo::jobs
