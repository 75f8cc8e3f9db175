// SSIM and MS-SSIM with a separable Gaussian window: rows are filtered once and kept in a ring, so
// that memory stays at eleven rows.
#include <algorithm>
#include <array>
#include <cmath>

#include "core/metrics/quality.hpp"

namespace holo::metrics {
namespace {

constexpr std::int64_t kWindow = 11;
constexpr double kSigma = 1.5;
constexpr double kK1 = 0.01;
constexpr double kK2 = 0.03;
constexpr std::array<double, 5> kScaleWeights = {0.0448, 0.2856, 0.3001, 0.2363, 0.1333};

// Moments that SSIM needs: of a, b, a^2, b^2, ab.
constexpr std::size_t kMoments = 5;
using Moments = std::array<double, kMoments>;

std::array<double, kWindow> gaussian() {
  std::array<double, kWindow> weights{};
  double sum = 0;
  for (std::int64_t i = 0; i < kWindow; ++i) {
    const double distance = static_cast<double>(i - kWindow / 2);
    weights[static_cast<std::size_t>(i)] = std::exp(-distance * distance / (2 * kSigma * kSigma));
    sum += weights[static_cast<std::size_t>(i)];
  }
  for (double& weight : weights) weight /= sum;
  return weights;
}

struct Means {
  double ssim = 0;      // luminance, contrast and structure
  double contrast = 0;  // contrast and structure alone
};

// Row `y` filtered along x: one value of each moment for every window that lies inside.
void filter_row(const Plane& a, const Plane& b, std::int64_t y,
                const std::array<double, kWindow>& weights, std::vector<Moments>& out) {
  const double* p = a.row(y);
  const double* q = b.row(y);
  for (std::size_t x = 0; x < out.size(); ++x, ++p, ++q) {
    Moments m{};
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const double wp = weights[i] * p[i];
      const double wq = weights[i] * q[i];
      m[0] += wp;
      m[1] += wq;
      m[2] += wp * p[i];
      m[3] += wq * q[i];
      m[4] += wp * q[i];
    }
    out[x] = m;
  }
}

Means window_terms(const Moments& m, double c1, double c2) {
  const double variance_a = m[2] - m[0] * m[0];
  const double variance_b = m[3] - m[1] * m[1];
  const double covariance = m[4] - m[0] * m[1];
  const double contrast = (2 * covariance + c2) / (variance_a + variance_b + c2);
  const double luminance = (2 * m[0] * m[1] + c1) / (m[0] * m[0] + m[1] * m[1] + c1);
  return {luminance * contrast, contrast};
}

Means mean_terms(const Plane& a, const Plane& b) {
  const auto weights = gaussian();
  const double c1 = kK1 * a.peak * kK1 * a.peak;
  const double c2 = kK2 * a.peak * kK2 * a.peak;
  const auto columns = static_cast<std::size_t>(a.width - kWindow + 1);
  std::array<std::vector<Moments>, kWindow> ring;
  for (auto& row : ring) row.resize(columns);
  Means sum;
  for (std::int64_t y = 0; y < a.height; ++y) {
    filter_row(a, b, y, weights, ring[static_cast<std::size_t>(y % kWindow)]);
    if (y < kWindow - 1) continue;
    Means row_sum;
    for (std::size_t x = 0; x < columns; ++x) {
      Moments m{};
      for (std::int64_t i = 0; i < kWindow; ++i) {
        const auto& from = ring[static_cast<std::size_t>((y + 1 + i) % kWindow)][x];
        const double weight = weights[static_cast<std::size_t>(i)];
        for (std::size_t k = 0; k < kMoments; ++k) m[k] += weight * from[k];
      }
      const Means terms = window_terms(m, c1, c2);
      row_sum.ssim += terms.ssim;
      row_sum.contrast += terms.contrast;
    }
    sum.ssim += row_sum.ssim;
    sum.contrast += row_sum.contrast;
  }
  const double windows = static_cast<double>(columns) * static_cast<double>(a.height - kWindow + 1);
  return {sum.ssim / windows, sum.contrast / windows};
}

// Means of 2x2 samples; the last row and column are repeated where the size is odd.
Plane halve(const Plane& plane) {
  Plane half;
  half.width = (plane.width + 1) / 2;
  half.height = (plane.height + 1) / 2;
  half.peak = plane.peak;
  half.samples.reserve(static_cast<std::size_t>(half.width * half.height));
  for (std::int64_t y = 0; y < half.height; ++y) {
    const double* upper = plane.row(2 * y);
    const double* lower = plane.row(std::min(2 * y + 1, plane.height - 1));
    for (std::int64_t x = 0; x < half.width; ++x) {
      const std::int64_t left = 2 * x;
      const std::int64_t right = std::min(left + 1, plane.width - 1);
      half.samples.push_back((upper[left] + upper[right] + lower[left] + lower[right]) / 4);
    }
  }
  return half;
}

Status check(const Plane& a, const Plane& b, std::int64_t least) {
  if (a.width != b.width || a.height != b.height || a.peak != b.peak) {
    return make_error(HOLO_INVALID_ARG, "planes of different size or depth cannot be compared");
  }
  if (std::min(a.width, a.height) < least) {
    return make_error(HOLO_INVALID_ARG, "a picture of " + std::to_string(a.width) + "x" +
                                            std::to_string(a.height) + " is too small, expected " +
                                            std::to_string(least) + " samples a side or more");
  }
  return {};
}

}  // namespace

Result<double> ssim(const Plane& a, const Plane& b) {
  HOLO_TRY(check(a, b, kWindow));
  return mean_terms(a, b).ssim;
}

Result<double> ms_ssim(const Plane& a, const Plane& b) {
  // Halved four times, rounding up, the smallest side must still hold a window.
  constexpr std::int64_t kLeast = (kWindow - 1) * 16 + 1;
  HOLO_TRY(check(a, b, kLeast));
  Plane p = a;
  Plane q = b;
  double product = 1;
  for (std::size_t scale = 0; scale < kScaleWeights.size(); ++scale) {
    const Means means = mean_terms(p, q);
    const bool last = scale + 1 == kScaleWeights.size();
    product *= std::pow(std::max(last ? means.ssim : means.contrast, 0.0), kScaleWeights[scale]);
    if (last) break;
    p = halve(p);
    q = halve(q);
  }
  return product;
}

}  // namespace holo::metrics
