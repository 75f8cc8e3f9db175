// Normal equations over every third sample.
#include "plugins/holo-image/deep/train/filter_trainer.hpp"

#include <algorithm>

namespace holo::image::deep {
namespace {

constexpr int kTaps = FilterModel::kTaps;
constexpr int kBatch = 512;

// Samples of one class, gathered before they are multiplied out.
struct Batch {
  Eigen::MatrixXf features{kTaps, kBatch};
  Eigen::VectorXf target{kBatch};
  int count = 0;
};

// In 8-bit steps.
void features_of(const PaddedPlane& plane, int x, int y, std::int32_t clip,
                 Eigen::Ref<Eigen::VectorXf> out) {
  const std::int16_t* at = plane.at(x, y);
  for (std::size_t i = 0; i < kPairs; ++i) {
    const Offset& offset = filter_offsets()[i];
    const std::ptrdiff_t step = std::ptrdiff_t{offset.y} * plane.stride + offset.x;
    const std::int32_t a = at[step] - at[0], b = at[-step] - at[0];
    out(Eigen::Index(2 * i)) = float(a + b) / 64;
    out(Eigen::Index(2 * i + 1)) =
        float(std::clamp(a, -clip, clip) + std::clamp(b, -clip, clip)) / 64;
  }
}

}  // namespace

FilterTrainer::FilterTrainer()
    : sums_(
          std::size_t{FilterModel::kBands} * FilterModel::kPlaneKinds * FilterModel::kFilterClasses,
          {Eigen::MatrixXd::Zero(kTaps, kTaps), Eigen::VectorXd::Zero(kTaps), 0}) {}

std::size_t FilterTrainer::index(int band, int kind, int unit_class) {
  return (std::size_t(band) * FilterModel::kPlaneKinds + std::size_t(kind)) *
             FilterModel::kFilterClasses +
         std::size_t(unit_class);
}

void FilterTrainer::add(const TilePixels& decoded, const TilePixels& original, std::int32_t step) {
  const int width = decoded.shape.coded_width(), height = decoded.shape.coded_height();
  std::vector<std::uint8_t> classes;
  std::vector<Batch> batches(FilterModel::kFilterClasses);
  for (std::size_t plane = 0; plane < decoded.colour.size(); ++plane) {
    const PaddedPlane in = pad(decoded.colour[plane], width, height);
    if (plane == 0) classes = classify_units(in, step);
    const auto flush = [&](std::size_t unit_class) {
      Batch& batch = batches[unit_class];
      if (batch.count == 0) return;
      Sums& sums = sums_[index(filter_band(step), plane > 0 ? 1 : 0, int(unit_class))];
      const auto features = batch.features.leftCols(batch.count);
      sums.gram += (features * features.transpose()).cast<double>();
      sums.target += (features * batch.target.head(batch.count)).cast<double>();
      sums.count += batch.count;
      batch.count = 0;
    };
    for (int y = 0; y < height; ++y)
      for (int x = y * 7 % 3; x < width; x += 3) {
        const std::size_t unit_class =
            classes[std::size_t(y / 4) * std::size_t(width / 4) + std::size_t(x / 4)];
        Batch& batch = batches[unit_class];
        features_of(in, x, y, clip_of(step), batch.features.col(batch.count));
        const std::size_t at = std::size_t(y) * std::size_t(width) + std::size_t(x);
        batch.target(batch.count) =
            float(original.colour[plane][at] - decoded.colour[plane][at]) / 64;
        if (++batch.count == kBatch) flush(unit_class);
      }
    for (std::size_t c = 0; c < batches.size(); ++c) flush(c);
  }
}

std::vector<float> FilterTrainer::solve() const {
  std::vector<float> taps;
  for (int band = 0; band < FilterModel::kBands; ++band)
    for (int kind = 0; kind < FilterModel::kPlaneKinds; ++kind)
      for (int c = 0; c < FilterModel::kFilterClasses; ++c) {
        const Sums& own = sums_[index(band, kind, c)];
        Eigen::MatrixXd gram = own.gram;
        Eigen::VectorXd target = own.target;
        for (const int other : {band - 1, band + 1}) {
          if (other < 0 || other >= FilterModel::kBands) continue;
          gram += 0.15 * sums_[index(other, kind, c)].gram;
          target += 0.15 * sums_[index(other, kind, c)].target;
        }
        gram.diagonal().array() += gram.trace() / kTaps * 1e-4 + 3000;
        Eigen::VectorXd solved = gram.ldlt().solve(target);
        if (own.count < 300) solved.setZero();
        for (const double tap : solved) taps.push_back(float(tap));
      }
  return taps;
}

}  // namespace holo::image::deep
