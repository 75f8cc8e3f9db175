// The planes of a tile one after the other, in both directions; the Port decides which.
#pragma once

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "plugins/holo-image/lossless/fast_method.hpp"
#include "plugins/holo-image/lossless/full_method.hpp"
#include "plugins/holo-image/tile_pixels.hpp"

namespace holo::image::lossless {

enum class Method : std::uint8_t { full = 0, fast = 1, raw = 2 };

template <class Port>
class TileCoder {
 public:
  TileCoder(Port& port, Method method, const Shape& shape, const RowsDone& rows_done)
      : port_(port), method_(method), shape_(shape), rows_done_(rows_done) {}

  // `source` is empty when reading. False: the data are damaged.
  bool code(std::span<const std::vector<std::uint16_t>> source) {
    const bool colour = shape_.planes >= 3;
    for (const int plane : order()) {
      const bool alpha = plane >= (colour ? 3 : 1);
      if (alpha) forget();
      const std::span<const std::uint16_t> samples =
          source.empty() ? std::span<const std::uint16_t>{} : source[std::size_t(plane)];
      if (!code_plane(samples)) return false;
      where_[std::size_t(plane)] = planes_.size() - 1;
    }
    return true;
  }
  [[nodiscard]] const PaddedPlane& plane(int index) const {
    return planes_[where_[std::size_t(index)]];
  }

 private:
  // Green first: it tells most about the others.
  [[nodiscard]] std::vector<int> order() const {
    constexpr std::array<int, 4> kGray{0, 1, 2, 3};
    constexpr std::array<int, 4> kColour{1, 0, 2, 3};
    const auto& all = shape_.planes >= 3 ? kColour : kGray;
    return {all.begin(), all.begin() + shape_.planes};
  }
  // Alpha has nothing to do with the colours before it.
  void forget() {
    references_.clear();
    errors_.clear();
    model_.reset();
  }

  bool code_plane(std::span<const std::uint16_t> samples) {
    const bool constant = flag(
        !samples.empty() && std::all_of(samples.begin(), samples.end(), [&](std::uint16_t sample) {
          return sample == samples[0];
        }));
    if (constant) {
      const bool full = flag(!samples.empty() && samples[0] == shape_.top());
      const auto value =
          full ? shape_.top()
               : std::uint16_t(port_.bypass(samples.empty() ? 0u : samples[0], shape_.depth));
      planes_.emplace_back(shape_.width, shape_.height, value);
      errors_.emplace_back(shape_.area());
      for (int y = 0; y < shape_.height; ++y) tell();
    } else if (!code_rows(samples)) {
      return false;
    }
    references_.push_back(&planes_.back());
    return !port_.damaged();
  }

  bool code_rows(std::span<const std::uint16_t> samples) {
    if (method_ == Method::raw) return code_raw(samples);
    PlaneScale scale;
    if (!samples.empty()) scale = choose_scale(samples, shape_);
    scale.low_bits = int(port_.bypass(std::uint32_t(scale.low_bits), 4));
    scale.feature_shift = int(port_.bypass(std::uint32_t(scale.feature_shift), 4));
    if (scale.low_bits >= shape_.depth) return false;
    PaddedPlane& plane =
        planes_.emplace_back(shape_.width, shape_.height, std::uint16_t(1 << (shape_.depth - 1)));
    if (method_ == Method::fast) {
      FastPlane<Port> coder(port_, scale, shape_, plane,
                            references_.empty() ? nullptr : references_[0]);
      return code_samples(coder, plane, samples);
    }
    std::vector<const ErrorPlane*> earlier;
    for (auto errors = errors_.rbegin(); errors != errors_.rend(); ++errors)
      earlier.push_back(&*errors);
    if (!model_) model_.emplace();
    FullPlane<Port> coder(port_, *model_, scale, shape_, plane, references_, std::move(earlier));
    if (!code_samples(coder, plane, samples)) return false;
    errors_.push_back(std::move(coder).take_errors());
    return true;
  }

  // Samples in bypass bits, for noise.
  bool code_raw(std::span<const std::uint16_t> samples) {
    struct RawPlane {
      Port& port;
      int depth;
      void begin_row(int) {}
      int code(int, int sample) { return int(port.bypass(std::uint32_t(sample), depth)); }
    } coder{port_, shape_.depth};
    return code_samples(coder, planes_.emplace_back(shape_.width, shape_.height, 0), samples);
  }

  template <class PlaneCoder>
  bool code_samples(PlaneCoder& coder, PaddedPlane& plane, std::span<const std::uint16_t> samples) {
    const std::uint16_t* from = samples.data();
    for (int y = 0; y < shape_.height; ++y) {
      plane.begin_row(y);
      coder.begin_row(y);
      std::uint16_t* row = plane.row(y);
      for (int x = 0; x < shape_.width; ++x) {
        if (y == 0) plane.begin_first_row_sample(x);
        row[x] = std::uint16_t(coder.code(x, samples.empty() ? 0 : *from++));
      }
      plane.end_row(y);
      if (port_.damaged()) return false;
      tell();
    }
    return true;
  }

  bool flag(bool value) { return port_.bypass(value ? 1 : 0, 1) != 0; }

  // A row of samples is a part of a row of 8 in each plane.
  void tell() {
    if (!rows_done_) return;
    const std::int64_t rows = (shape_.height + 7) / 8;
    const std::int64_t all = std::int64_t{shape_.height} * shape_.planes;
    const std::int64_t before = rows_coded_ * rows / all;
    ++rows_coded_;
    rows_done_(int(rows_coded_ * rows / all - before));
  }

  Port& port_;
  Method method_;
  Shape shape_;
  const RowsDone& rows_done_;
  std::int64_t rows_coded_ = 0;
  std::deque<PaddedPlane> planes_;  // in the order of coding; they are referred to
  std::array<std::size_t, kMaxPlanes> where_{};
  std::vector<const PaddedPlane*> references_;
  std::deque<ErrorPlane> errors_;
  std::optional<DecisionModel> model_;
};

}  // namespace holo::image::lossless
