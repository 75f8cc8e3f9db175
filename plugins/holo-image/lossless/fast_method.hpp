// The fast method: the median predictor, and one adaptive context a decision.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstdlib>

#include "core/entropy/context.hpp"
#include "plugins/holo-image/lossless/error_syntax.hpp"
#include "plugins/holo-image/lossless/plane_scale.hpp"
#include "plugins/holo-image/lossless/predictor.hpp"

namespace holo::image::lossless {

template <class Port>
class ContextDecider {
 public:
  explicit ContextDecider(Port& port) : port_(port) {}

  void choose(std::size_t loudness) { contexts_ = &sets_[loudness]; }
  bool nonzero(bool value) { return decide(contexts_->nonzero, value); }
  bool negative(bool value) { return decide(contexts_->negative, value); }
  bool more(int bucket, int, int, bool, bool value) {
    return decide(contexts_->more[std::size_t(std::min(bucket, kMoreNodes - 1))], value);
  }
  std::uint32_t bypass(std::uint32_t value, int count) { return port_.bypass(value, count); }

  static constexpr std::size_t kLevels = 24;

 private:
  struct Contexts {
    entropy::AdaptiveBit nonzero, negative;
    std::array<entropy::AdaptiveBit, kMoreNodes> more;
  };
  bool decide(entropy::AdaptiveBit& context, bool value) {
    const bool bit = port_.bit(context.probability(), value);
    context.update(bit);
    return bit;
  }

  Port& port_;
  std::array<Contexts, kLevels> sets_{};
  Contexts* contexts_ = sets_.data();
};

template <class Port>
class FastPlane {
 public:
  FastPlane(Port& port, const PlaneScale& scale, const Shape& shape, const PaddedPlane& plane,
            const PaddedPlane* reference)
      : port_(port),
        decider_(port),
        low_bits_(scale.low_bits),
        top_(shape.top()),
        plane_(plane),
        reference_(reference),
        errors_(std::size_t(shape.width + 2)) {}

  void begin_row(int y) {
    y_ = y;
    left_error_ = corner_error_ = 0;
  }
  int code(int x, int sample) {
    const int base = predict_median(plane_, reference_, x, y_, top_) >> low_bits_;
    // This row left of x, the row above from x on.
    int* above = errors_.data() + x + 1;
    decider_.choose(level(2 * (left_error_ + above[0]) + above[1] + corner_error_));
    const int error = code_error(decider_, base, top_ >> low_bits_, (sample >> low_bits_) - base);
    corner_error_ = above[0];
    left_error_ = std::abs(error);
    above[0] = left_error_;
    return ((base + error) << low_bits_) +
           int(port_.bypass(static_cast<std::uint32_t>(sample), low_bits_));
  }

 private:
  // Two levels an octave.
  static std::size_t level(int loudness) {
    const auto value = static_cast<unsigned>(loudness) + 1;
    const auto exponent = std::size_t(std::bit_width(value) - 1);
    const std::size_t half = exponent > 0 ? (value >> (exponent - 1)) & 1 : 0;
    return std::min(2 * exponent + half, ContextDecider<Port>::kLevels - 1);
  }

  Port& port_;
  ContextDecider<Port> decider_;
  int low_bits_;
  int top_;
  const PaddedPlane& plane_;
  const PaddedPlane* reference_;
  int y_ = 0;
  int left_error_ = 0;
  int corner_error_ = 0;
  std::vector<int> errors_;  // sizes, with a border of a zero on each side
};

}  // namespace holo::image::lossless
