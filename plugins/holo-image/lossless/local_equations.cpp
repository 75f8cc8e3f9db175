// Ranges: a product is below 2^22 and a block's sum below 2^25; the narrow columns hold at most 4
// such sums, the wide ones 32 rows of 4 quarters, all below 2^30.
#include "plugins/holo-image/lossless/local_equations.hpp"

#include <algorithm>

namespace holo::image::lossless {
namespace {

constexpr int kNarrowForget = 2;  // a column loses a quarter of itself a row
constexpr int kWideForget = 5;
constexpr int kRidgeShift = 10;       // the diagonal grows by 1/1024 ..
constexpr std::int64_t kRidge = 256;  // .. and this: few samples give small weights

std::size_t columns(int width, int block) { return std::size_t((width + block - 1) / block + 2); }
std::size_t column(int x, int block) { return std::size_t(x / block + 1); }

void add_ridge(int features, Equations& equations) {
  for (int i = 0; i < features; ++i) {
    std::int64_t& entry = equations[triangle(i) + std::size_t(i)];
    entry += (entry >> kRidgeShift) + kRidge;
  }
}

}  // namespace

LocalEquations::LocalEquations(int width, int features)
    : features_(features), narrow_(columns(width, kBlock)), wide_(columns(width, kWideBlock)) {}

void LocalEquations::learn(int x, const FeatureBlock& block) {
  Column& narrow = narrow_[column(x, kBlock)];
  Column& wide = wide_[column(x, kWideBlock)];
  const std::size_t size = equation_size(features_);
  if (x % kWideBlock == 0)
    for (std::size_t i = 0; i < size; ++i) wide[i] -= wide[i] >> kWideForget;
  for (int i = 0; i <= features_; ++i) {
    // Whole vectors of 8; what lies behind the row is not used.
    std::array<std::int32_t, kMaxFeatures> sums{};
    const int count = std::min(i + 1, features_);
    for (const auto& sample : block) {
      const std::int32_t factor = sample[std::size_t(i)];
      for (std::size_t j = 0; j < std::size_t(count); ++j) sums[j] += factor * sample[j];
    }
    std::int32_t* near = narrow.data() + triangle(i);
    std::int32_t* far = wide.data() + triangle(i);
    for (std::size_t j = 0; j < std::size_t(count); ++j) {
      near[j] += sums[j] - (near[j] >> kNarrowForget);
      far[j] += sums[j] >> 2;
    }
  }
}

void LocalEquations::narrow(int x, Equations& out) const {
  const Column* here = &narrow_[column(x, kBlock)];
  for (std::size_t i = 0; i < equation_size(features_); ++i)
    out[i] = 2 * (std::int64_t{here[-1][i]} + here[0][i]) + here[1][i];
  add_ridge(features_, out);
}

void LocalEquations::wide(int x, Equations& out) const {
  const Column* here = &wide_[column(x, kWideBlock)];
  for (std::size_t i = 0; i < equation_size(features_); ++i)
    out[i] = std::int64_t{here[-1][i]} + here[0][i] + here[1][i];
  add_ridge(features_, out);
}

}  // namespace holo::image::lossless
