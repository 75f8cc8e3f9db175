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

// Moments that SSIM needs: of a, b, a^2, b^2, ab; one row of each, so that loops run along rows.
constexpr std::size_t kMoments = 5;
using MomentRows = std::array<std::vector<double>, kMoments>;

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

void resize(MomentRows& rows, std::int64_t width) {
  for (auto& row : rows) row.resize(static_cast<std::size_t>(width));
}

// out = the sum of weights[i] times the row that `from(i)` points to.
template <class From>
void weighted_sum(const From& from, std::vector<double>& out) {
  static const auto weights = gaussian();
  std::fill(out.begin(), out.end(), 0.0);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double* in = from(i);
    const double weight = weights[i];
    for (std::size_t x = 0; x < out.size(); ++x) out[x] += weight * in[x];
  }
}

// Row `y` filtered along x: one value of each moment for every window that lies inside.
void filter_row(const Plane& a, const Plane& b, std::int64_t y, MomentRows& products,
                MomentRows& out) {
  const double* p = a.row(y);
  const double* q = b.row(y);
  const auto width = static_cast<std::size_t>(a.width);
  for (std::size_t x = 0; x < width; ++x) {
    products[0][x] = p[x];
    products[1][x] = q[x];
    products[2][x] = p[x] * p[x];
    products[3][x] = q[x] * q[x];
    products[4][x] = p[x] * q[x];
  }
  for (std::size_t k = 0; k < kMoments; ++k) {
    weighted_sum([&](std::size_t i) { return products[k].data() + i; }, out[k]);
  }
}

// The sums over one row of windows.
Means row_terms(const MomentRows& m, double c1, double c2) {
  Means sum;
  for (std::size_t x = 0; x < m[0].size(); ++x) {
    const double mean_a = m[0][x];
    const double mean_b = m[1][x];
    const double variances = m[2][x] - mean_a * mean_a + m[3][x] - mean_b * mean_b;
    const double covariance = m[4][x] - mean_a * mean_b;
    const double contrast = (2 * covariance + c2) / (variances + c2);
    const double luminance = (2 * mean_a * mean_b + c1) / (mean_a * mean_a + mean_b * mean_b + c1);
    sum.ssim += luminance * contrast;
    sum.contrast += contrast;
  }
  return sum;
}

Means mean_terms(const Plane& a, const Plane& b) {
  const double c1 = kK1 * a.peak * kK1 * a.peak;
  const double c2 = kK2 * a.peak * kK2 * a.peak;
  const std::int64_t columns = a.width - kWindow + 1;
  MomentRows products;
  MomentRows windows;
  std::array<MomentRows, kWindow> ring;
  resize(products, a.width);
  resize(windows, columns);
  for (auto& rows : ring) resize(rows, columns);
  Means sum;
  for (std::int64_t y = 0; y < a.height; ++y) {
    filter_row(a, b, y, products, ring[static_cast<std::size_t>(y % kWindow)]);
    if (y < kWindow - 1) continue;
    const auto oldest = static_cast<std::size_t>(y + 1);
    for (std::size_t k = 0; k < kMoments; ++k) {
      weighted_sum([&](std::size_t i) { return ring[(oldest + i) % kWindow][k].data(); },
                   windows[k]);
    }
    const Means row = row_terms(windows, c1, c2);
    sum.ssim += row.ssim;
    sum.contrast += row.contrast;
  }
  const double count = static_cast<double>(columns) * static_cast<double>(a.height - kWindow + 1);
  return {sum.ssim / count, sum.contrast / count};
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
