// Piecewise cubic Hermite interpolation of log rate over quality, integrated over the common range.
#include "core/metrics/bd_rate.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace holo::metrics {
namespace {

class Curve {
 public:
  static Result<Curve> fit(std::span<const RatePoint> points) {
    if (points.size() < 2) {
      return make_error(HOLO_INVALID_ARG, "BD-rate needs 2 points a curve or more, found " +
                                              std::to_string(points.size()));
    }
    Curve curve;
    curve.points_.assign(points.begin(), points.end());
    std::sort(curve.points_.begin(), curve.points_.end(),
              [](const RatePoint& a, const RatePoint& b) { return a.quality < b.quality; });
    for (std::size_t i = 0; i < curve.points_.size(); ++i) {
      auto& point = curve.points_[i];
      if (!(point.rate > 0) || !std::isfinite(point.rate) || !std::isfinite(point.quality)) {
        return make_error(HOLO_INVALID_ARG,
                          "BD-rate needs rates above 0 and finite qualities; leave lossless points "
                          "out");
      }
      if (i > 0 && point.quality == curve.points_[i - 1].quality) {
        return make_error(HOLO_INVALID_ARG, "BD-rate needs different qualities, two points have " +
                                                std::to_string(point.quality));
      }
      point.rate = std::log(point.rate);
    }
    curve.find_slopes();
    return curve;
  }

  [[nodiscard]] double least() const { return points_.front().quality; }
  [[nodiscard]] double greatest() const { return points_.back().quality; }

  // Of log rate from quality `begin` to `end`, both inside the curve.
  [[nodiscard]] double integral(double begin, double end) const {
    double sum = 0;
    for (std::size_t i = 0; i + 1 < points_.size(); ++i) {
      const double low = std::max(begin, points_[i].quality);
      const double high = std::min(end, points_[i + 1].quality);
      if (low < high) sum += antiderivative(i, high) - antiderivative(i, low);
    }
    return sum;
  }

 private:
  [[nodiscard]] double width(std::size_t i) const {
    return points_[i + 1].quality - points_[i].quality;
  }
  [[nodiscard]] double secant(std::size_t i) const {
    return (points_[i + 1].rate - points_[i].rate) / width(i);
  }

  // At an end: the three-point formula, kept from overshooting.
  static double end_slope(double h0, double h1, double d0, double d1) {
    const double slope = ((2 * h0 + h1) * d0 - h0 * d1) / (h0 + h1);
    if (slope * d0 <= 0) return 0;
    if (d0 * d1 <= 0 && std::abs(slope) > 3 * std::abs(d0)) return 3 * d0;
    return slope;
  }

  void find_slopes() {
    const std::size_t last = points_.size() - 1;
    slopes_.assign(points_.size(), secant(0));
    if (last == 1) return;
    for (std::size_t i = 1; i < last; ++i) {
      const double before = secant(i - 1);
      const double after = secant(i);
      const double w1 = 2 * width(i) + width(i - 1);
      const double w2 = width(i) + 2 * width(i - 1);
      // The weighted harmonic mean, or flat at a turning point.
      slopes_[i] = before * after > 0 ? (w1 + w2) / (w1 / before + w2 / after) : 0;
    }
    slopes_[0] = end_slope(width(0), width(1), secant(0), secant(1));
    slopes_[last] = end_slope(width(last - 1), width(last - 2), secant(last - 1), secant(last - 2));
  }

  // Of the cubic of interval i, zero at its beginning.
  [[nodiscard]] double antiderivative(std::size_t i, double quality) const {
    const double h = width(i);
    const double t = (quality - points_[i].quality) / h;
    const double d = secant(i);
    const double c2 = (3 * d - 2 * slopes_[i] - slopes_[i + 1]) * h;
    const double c3 = (slopes_[i] + slopes_[i + 1] - 2 * d) * h;
    return h * t * (points_[i].rate + t * (slopes_[i] * h / 2 + t * (c2 / 3 + t * c3 / 4)));
  }

  std::vector<RatePoint> points_;  // rate as its logarithm, ascending quality
  std::vector<double> slopes_;
};

}  // namespace

Result<double> bd_rate(std::span<const RatePoint> anchor, std::span<const RatePoint> test) {
  HOLO_ASSIGN(const Curve a, Curve::fit(anchor));
  HOLO_ASSIGN(const Curve b, Curve::fit(test));
  const double begin = std::max(a.least(), b.least());
  const double end = std::min(a.greatest(), b.greatest());
  if (!(begin < end)) {
    return make_error(HOLO_INVALID_ARG,
                      "BD-rate: the curves share no range of quality, one ends at " +
                          std::to_string(end) + " and the other begins at " +
                          std::to_string(begin) + "; add points");
  }
  const double difference = (b.integral(begin, end) - a.integral(begin, end)) / (end - begin);
  return 100 * std::expm1(difference);
}

}  // namespace holo::metrics
