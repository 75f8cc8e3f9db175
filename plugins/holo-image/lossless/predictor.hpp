// Foretells each sample of a plane from the samples before it and from planes coded before: four
// experts, each trusted as far as it was right nearby.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "plugins/holo-image/lossless/local_equations.hpp"
#include "plugins/holo-image/lossless/padded_plane.hpp"

namespace holo::image::lossless {

inline constexpr int kFractionBits = 4;  // predictions are in 1/16 of a sample
inline constexpr std::size_t kExperts = 4;

struct Prediction {
  std::int32_t value = 0;  // 0..16 * top
  // Narrow least squares, wide least squares, median, smooth.
  std::array<std::int32_t, kExperts> experts{};
};

// The median predictor in whole samples, 0..top; of the first reference, if there is one, it takes
// the detail. Alone it is all that the fast method knows.
[[nodiscard]] int predict_median(const PaddedPlane& plane, const PaddedPlane* reference, int x,
                                 int y, int top);

class Predictor {
 public:
  // At most two references. `feature_shift` 0..15 scales differences of neighbours down to what
  // the least squares learn from.
  Predictor(int width, int depth, int feature_shift, const PaddedPlane& plane,
            std::span<const PaddedPlane* const> references);

  // For each row: begin_row, then for each x from 0: predict, store the sample, learn.
  void begin_row(int y);
  [[nodiscard]] Prediction predict(int x);
  void learn(int x, int sample, const Prediction& prediction);

 private:
  using Errors = std::array<std::int32_t, kExperts>;

  void gather(int x);
  void solve_for(int x);
  [[nodiscard]] std::int32_t weigh(const Weights& weights) const;
  [[nodiscard]] std::int32_t blend(int x, const Prediction& experts);
  [[nodiscard]] std::int16_t learnable(std::int32_t difference) const;

  int width_;
  int depth_;
  int feature_shift_;
  const PaddedPlane& plane_;
  std::span<const PaddedPlane* const> references_;
  int own_features_;
  int features_;
  int y_ = 0;

  int doubled_base_ = 0;  // the left sample and the one above, added
  int loudness_ = 0;      // what the least squares got wrong nearby
  std::array<std::int32_t, kMaxFeatures> feature_{};
  FeatureBlock block_{};
  LocalEquations equations_;
  Weights narrow_{};
  Weights wide_{};
  std::vector<Errors> errors_;  // of this row and the row above, with a border of zeros
  std::vector<Errors> errors_above_;
};

}  // namespace holo::image::lossless
