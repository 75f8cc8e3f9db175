// The full method: least squares foretell each sample, mixed contexts foretell its error.
#pragma once

#include <span>
#include <utility>

#include "core/entropy/mixer.hpp"
#include "plugins/holo-image/lossless/error_syntax.hpp"
#include "plugins/holo-image/lossless/plane_scale.hpp"
#include "plugins/holo-image/lossless/surroundings.hpp"

namespace holo::image::lossless {

// Answers code_error's questions from the model. The shape of the distribution is logistic around
// the prediction.
template <class Port>
class ModelDecider {
 public:
  ModelDecider(Port& port, DecisionModel& model) : port_(port), model_(model) {}

  void aim(const Aim& aim, const ContextChoice& choice) {
    aim_ = aim;
    model_.choose(choice);
    below_ = upto(-8);
    above_ = 65536 - upto(8);
  }
  bool nonzero(bool value) { return decide(0, below_ + above_, 65536, value); }
  bool negative(bool value) { return decide(1, below_, below_ + above_, value); }
  bool more(int bucket, int, int end, bool negative, bool value) {
    const std::uint32_t whole = negative ? below_ : above_;
    std::uint32_t& rest = negative ? below_ : above_;
    rest = negative ? upto(8 - 16 * end) : 65536 - upto(16 * end - 8);
    const int node = 2 + 2 * std::min(bucket, kMoreNodes - 1) + (negative ? 1 : 0);
    return decide(std::size_t(node), rest, whole, value);
  }
  std::uint32_t bypass(std::uint32_t value, int count) { return port_.bypass(value, count); }

 private:
  // Probability that the error is below `limit`, which is in 1/16 from the base.
  [[nodiscard]] std::uint32_t upto(int limit) const {
    const std::int64_t distance = std::int64_t{limit - aim_.fraction} * 1420 / aim_.spread;
    return entropy::squash(std::int32_t(
        std::clamp<std::int64_t>(distance, -entropy::kMaxStretch, entropy::kMaxStretch)));
  }
  bool decide(std::size_t node, std::uint32_t part, std::uint32_t whole, bool value) {
    const auto shape = std::uint32_t(std::uint64_t{part} * 65536 / whole);
    const bool bit = port_.bit(model_.foretell(node, std::min(shape, 65535u)), value);
    model_.learn(bit);
    return bit;
  }

  Port& port_;
  DecisionModel& model_;
  Aim aim_;
  std::uint32_t below_ = 0;  // probability of what is still possible on either side
  std::uint32_t above_ = 0;
};

// One plane at a time, by rows.
template <class Port>
class FullPlane {
 public:
  FullPlane(Port& port, DecisionModel& model, const PlaneScale& scale, const Shape& shape,
            const PaddedPlane& plane, std::span<const PaddedPlane* const> references,
            std::vector<const ErrorPlane*> earlier)
      : port_(port),
        decider_(port, model),
        low_bits_(scale.low_bits),
        predictor_(shape.width, shape.depth, scale.feature_shift, plane, references),
        surroundings_(shape.width, shape.height, shape.depth, scale.low_bits, plane,
                      std::move(earlier)) {}

  void begin_row(int y) {
    predictor_.begin_row(y);
    surroundings_.begin_row(y);
  }
  // `sample` is what the writer says; returns what is so, within the depth.
  int code(int x, int sample) {
    const Prediction prediction = predictor_.predict(x);
    const Aim aim = surroundings_.look(x, prediction);
    decider_.aim(aim, surroundings_.choice());
    const int high =
        aim.base + code_error(decider_, aim.base, aim.top, (sample >> low_bits_) - aim.base);
    const int low = int(port_.bypass(static_cast<std::uint32_t>(sample), low_bits_));
    const int coded = (high << low_bits_) + low;
    surroundings_.learn(x, high);
    predictor_.learn(x, coded, prediction);
    return coded;
  }
  [[nodiscard]] ErrorPlane take_errors() && { return std::move(surroundings_).take_errors(); }

 private:
  Port& port_;
  ModelDecider<Port> decider_;
  int low_bits_;
  Predictor predictor_;
  Surroundings surroundings_;
};

}  // namespace holo::image::lossless
