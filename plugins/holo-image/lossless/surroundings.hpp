// What is known before the error of a prediction is coded: errors nearby, in this plane and in
// those before, texture, and how far the experts disagree.
#pragma once

#include <cstdint>
#include <vector>

#include "plugins/holo-image/lossless/decision_model.hpp"
#include "plugins/holo-image/lossless/padded_plane.hpp"
#include "plugins/holo-image/lossless/predictor.hpp"

namespace holo::image::lossless {

// Errors of a whole plane in 1/16, kept for the planes that follow.
using ErrorPlane = std::vector<std::int16_t>;

// A prediction in units of 2^low samples: the low bits of a sample are not modelled.
struct Aim {
  int base = 0;               // nearest whole number, 0..top
  int top = 0;                // of the modelled part of a sample
  std::int32_t fraction = 0;  // prediction less base, in 1/16: -8..7
  std::int32_t spread = 1;    // expected size of the error, in 1/64, >= 1
};

class Surroundings {
 public:
  // `earlier`: errors of the planes coded before, the last one first; at most two.
  Surroundings(int width, int height, int depth, int low_bits, const PaddedPlane& plane,
               std::vector<const ErrorPlane*> earlier);

  void begin_row(int y);
  // Where to aim at and which contexts to use for sample x.
  Aim look(int x, const Prediction& prediction);
  [[nodiscard]] const ContextChoice& choice() const { return choice_; }
  void learn(int x, int modelled_sample);

  [[nodiscard]] ErrorPlane take_errors() && { return std::move(kept_); }

 private:
  [[nodiscard]] std::int32_t in_units(std::int32_t prediction) const;
  [[nodiscard]] int loudness_before(std::size_t at, int x) const;

  int width_;
  int height_;
  int top_;
  int low_bits_;
  const PaddedPlane& plane_;
  std::vector<const ErrorPlane*> earlier_;
  int y_ = 0;
  std::int32_t aimed_ = 0;
  ContextChoice choice_;
  std::vector<std::int32_t> errors_;  // of this row and the row above, with a border of zeros
  std::vector<std::int32_t> errors_above_;
  ErrorPlane kept_;
};

}  // namespace holo::image::lossless
