// The order of features is part of the format.
#include "plugins/holo-image/lossless/predictor.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>

namespace holo::image::lossless {
namespace {

constexpr int kBorder = 2;
constexpr int kOwnFeatures = 6;
constexpr int kOwnFeaturesAlone = 13;  // of a plane without references
constexpr int kReferenceFeatures = 6;
constexpr std::int64_t kPrior = 256;
// 8 * sqrt(2)^(2 - i): loud places teach less, or a few edges would decide for all.
constexpr std::array<int, 7> kLessonWeight{16, 11, 8, 6, 4, 3, 2};

int median(int a, int b, int c) { return std::max(std::min(a, b), std::min(std::max(a, b), c)); }

// The neighbours of a sample, less those of the reference; `lift` is the reference itself.
struct Neighbours {
  int left, above, corner, beyond, lift;

  Neighbours(const PaddedPlane& plane, const PaddedPlane* reference, int x, int y) {
    const std::uint16_t* at = plane.row(y) + x;
    const std::uint16_t* up = plane.row(y - 1) + x;
    left = at[-1], above = up[0], corner = up[-1], beyond = up[1], lift = 0;
    if (reference == nullptr) return;
    at = reference->row(y) + x;
    up = reference->row(y - 1) + x;
    left -= at[-1], above -= up[0], corner -= up[-1], beyond -= up[1], lift = at[0];
  }
  [[nodiscard]] int median_prediction() const {
    return median(left, above, left + above - corner) + lift;
  }
};

}  // namespace

int predict_median(const PaddedPlane& plane, const PaddedPlane* reference, int x, int y, int top) {
  return std::clamp(Neighbours(plane, reference, x, y).median_prediction(), 0, top);
}

Predictor::Predictor(int width, int depth, int feature_shift, const PaddedPlane& plane,
                     std::span<const PaddedPlane* const> references)
    : width_(width),
      depth_(depth),
      feature_shift_(feature_shift),
      plane_(plane),
      references_(references),
      own_features_(references.empty() ? kOwnFeaturesAlone : kOwnFeatures),
      features_(own_features_ + kReferenceFeatures * int(references.size())),
      equations_(width, features_),
      errors_(std::size_t(width + 2 * kBorder)),
      errors_above_(errors_.size()) {}

void Predictor::begin_row(int y) {
  y_ = y;
  std::swap(errors_, errors_above_);
}

void Predictor::gather(int x) {
  const std::uint16_t* at = plane_.row(y_) + x;
  const std::uint16_t* up = plane_.row(y_ - 1) + x;
  const std::uint16_t* up2 = plane_.row(y_ - 2) + x;
  const int base = at[-1] + up[0];
  doubled_base_ = base;
  std::int32_t* f = feature_.data();
  *f++ = 2 * (at[-1] - up[0]);
  for (const int sample : {up[-1], up[1], at[-2], up2[0], up2[1]}) *f++ = 2 * sample - base;
  if (references_.empty())
    for (const int sample :
         {up[2], up[-2], up2[-1], at[-3], plane_.row(y_ - 3)[x], up2[2], up2[-2]})
      *f++ = 2 * sample - base;
  for (const PaddedPlane* reference : references_) {
    const std::uint16_t* there = reference->row(y_) + x;
    const std::uint16_t* over = reference->row(y_ - 1) + x;
    const std::uint16_t* under = reference->row(y_ + 1) + x;
    const int middle = there[-1] + over[0];
    *f++ = 2 * there[0] - middle;
    *f++ = 2 * (there[-1] - over[0]);
    for (const int sample : {over[-1], over[1], there[1], under[0]}) *f++ = 2 * sample - middle;
  }
}

// Scaled to about 8 bits.
std::int16_t Predictor::learnable(std::int32_t difference) const {
  const int up = std::max(0, 8 - depth_);
  return std::int16_t(
      std::clamp((difference * (1 << up)) >> feature_shift_, -kMaxFeature / 2, kMaxFeature / 2));
}

void Predictor::solve_for(int x) {
  Equations equations;
  const auto find = [&](Weights& weights) {
    // With little evidence, the detail of the first reference is taken as it is.
    if (!references_.empty()) equations[triangle(features_) + std::size_t(own_features_)] += kPrior;
    solve(equations, features_, weights);
  };
  equations_.narrow(x, equations);
  find(narrow_);
  if (x % kWideBlock != 0) return;
  equations_.wide(x, equations);
  find(wide_);
}

std::int32_t Predictor::weigh(const Weights& weights) const {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < std::size_t(features_); ++i)
    sum += std::int64_t{weights[i]} * feature_[i];
  const std::int64_t value = std::int64_t{doubled_base_} * (1 << (kFractionBits - 1)) +
                             (sum >> (kWeightBits - kFractionBits + 1));
  return std::int32_t(
      std::clamp<std::int64_t>(value, 0, std::int64_t{(1 << depth_) - 1} << kFractionBits));
}

std::int32_t Predictor::blend(int x, const Prediction& prediction) {
  const Errors* here = &errors_[std::size_t(x + kBorder)];
  const Errors* above = &errors_above_[std::size_t(x + kBorder)];
  std::int64_t total = 0;
  std::int64_t weighted = 0;
  loudness_ = 0;
  for (std::size_t e = 0; e < kExperts; ++e) {
    const std::int32_t close = here[-1][e] + above[-1][e] + above[0][e] + above[1][e];
    if (e < 2) loudness_ += close;
    const std::int64_t error = close + here[-2][e] / 2 + 1;
    const std::int64_t weight = (std::int64_t{1} << 40) / (error * error) + 1;
    total += weight;
    weighted += weight * prediction.experts[e];
  }
  return std::int32_t(weighted / total);
}

Prediction Predictor::predict(int x) {
  if (x % kBlock == 0) solve_for(x);
  gather(x);
  auto& lesson = block_[std::size_t(x % kBlock)];
  for (std::size_t i = 0; i < std::size_t(features_); ++i) lesson[i] = learnable(feature_[i]);
  const Neighbours near(plane_, references_.empty() ? nullptr : references_[0], x, y_);
  const std::int32_t top = ((1 << depth_) - 1) << kFractionBits;
  const int smooth = near.left + near.above + ((near.beyond - near.corner) >> 1) + 2 * near.lift;
  Prediction out;
  out.experts = {weigh(narrow_), weigh(wide_),
                 std::clamp(near.median_prediction() * (1 << kFractionBits), 0, top),
                 std::clamp(smooth * (1 << (kFractionBits - 1)), 0, top)};
  out.value = blend(x, out);
  return out;
}

void Predictor::learn(int x, int sample, const Prediction& prediction) {
  const auto k = std::size_t(x % kBlock);
  Errors& errors = errors_[std::size_t(x + kBorder)];
  for (std::size_t e = 0; e < kExperts; ++e)
    errors[e] = std::abs((sample << kFractionBits) - prediction.experts[e]);

  auto& lesson = block_[k];
  lesson[std::size_t(features_)] = learnable(2 * sample - doubled_base_);
  const int up = std::max(0, 8 - depth_);
  const auto loudness = static_cast<std::uint32_t>((loudness_ << up) >> feature_shift_);
  const int weight = kLessonWeight[std::min<std::size_t>(std::size_t(std::bit_width(loudness >> 7)),
                                                         kLessonWeight.size() - 1)];
  for (std::size_t i = 0; i <= std::size_t(features_); ++i)
    lesson[i] = std::int16_t((lesson[i] * weight) >> 3);
  if (k + 1 < kBlock && x + 1 < width_) return;
  for (std::size_t i = k + 1; i < kBlock; ++i) block_[i].fill(0);
  equations_.learn(x - int(k), block_);
}

}  // namespace holo::image::lossless
