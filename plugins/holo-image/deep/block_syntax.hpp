// The decisions of a block and the contexts of each, written once for encoder and decoder.
//
// A Coder has `bool bit(decision, value)`, which codes `value` or, decoding, ignores it and returns
// what it read, and `uint32_t bypass(value, count)`.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdlib>

#include "plugins/holo-image/deep/context_layout.hpp"
#include "plugins/holo-image/deep/expectation.hpp"
#include "plugins/holo-image/deep/gain.hpp"
#include "plugins/holo-image/deep/surroundings.hpp"

namespace holo::image::deep {

inline constexpr int kLevelMax = 4095;
inline constexpr int kUnary = 19;  // magnitudes above go on as an Exp-Golomb code

// Logarithm in 1/16 octave to one of `buckets`, `per_octave` to an octave; 0 lies at 6/10.
[[nodiscard]] inline std::uint32_t log_bucket(int logarithm, int per_octave, int buckets) {
  const int bucket = ((logarithm * per_octave) >> 4) + buckets * 6 / 10;
  return static_cast<std::uint32_t>(std::clamp(bucket, 0, buckets - 1));
}

// Places of coefficients: single up to 7, then three to an octave, 0..31.
[[nodiscard]] inline int place_of(int k) {
  return k < 8 ? k : std::min(31, 8 + (3 * (log2_16(std::uint64_t(k - 4)) - 32)) / 16);
}

inline std::uint32_t u32(int value) { return static_cast<std::uint32_t>(value); }

// What the levels of one plane of a block are coded with.
struct LevelInputs {
  const ClassModel* model = nullptr;
  const ClassExpectation* expectation = nullptr;
  const Surroundings* around = nullptr;
  int size = 0;
  int block_class = 0;
  int plane = 0;
  int luma_nonzeros = 0;                 // of the same block; 0 for Y
  int cb_nonzeros = 0;                   // of the same block; 0 but for Cr
  const std::int16_t* before = nullptr;  // levels of the plane coded before, same block; or nullptr
};

class LevelContexts {
 public:
  explicit LevelContexts(const LevelInputs& in)
      : in_(in),
        gain_(in.around->gain),
        kind_(in.plane > 0 ? 1u : 0u),
        place_kind_(u32(in.plane * kSizes + in.size)),
        class_kind_(u32(kFirstClass[std::size_t(in.size)] + in.block_class) * 2 + kind_),
        start_gain_(log_bucket(in.around->gain, 2, 12)),
        luma_(u32(std::min(in.luma_nonzeros, 6))),
        cb_(u32(std::min(in.cb_nonzeros, 3))) {
    for (std::size_t b = 0; b < kBins; ++b)
      foretold_ += std::uint32_t{in.around->bin_mean[b]} * in.model->bin_count[b];
  }

  // Moves on to coefficient k.
  void at(int k) {
    k_ = k;
    whole_ = gain_.whole();
    late_ = gain_.late();
    place_ = u32(place_of(k));
    const int log_level = in_.expectation->log_level[std::size_t(k)];
    log_level_ = log_level;
    estimate_ = log_level + ((whole_ + late_) >> 1);
  }

  [[nodiscard]] Decision end() const {
    const auto remaining = in_.expectation->remaining[std::size_t(k_)];
    const int log_remaining = log2_16(std::uint64_t{remaining} + 1) - 14 * kOctave;
    const std::uint32_t rest = log_bucket(log_remaining + ((whole_ + late_) >> 1), 2, 24);
    const std::uint32_t rest16 = log_bucket(log_remaining + ((whole_ + late_) >> 1), 2, 16);
    const std::uint32_t rest_whole = log_bucket(log_remaining + whole_, 2, 24);
    const std::uint32_t place16 = place_ / 2;
    const std::uint32_t told = std::min(15u, u32(log2_16(std::uint64_t(foretold_) + 1)) / 10);
    const std::uint32_t rough = u32(in_.around->roughness);
    const std::uint32_t nonzeros = u32(std::min(nonzeros_, 15));
    DecisionBuilder d(kEnd, int(place_kind_ * 16 + place16), int(rest));
    d.add((place_kind_ * 16 + place16) * 24 + rest);
    d.add((place_kind_ * 24 + rest_whole) * 8 + std::min(nonzeros, 7u));
    d.add(place_kind_ * 128 + u32(std::min(k_, 127)));
    d.add(((place_kind_ * 12 + start_gain_) * 8 + place_ / 4) * 3 + u32(std::min(last_[0], 2)));
    d.add((place_kind_ * 12 + std::min(nonzeros, 11u)) * 16 + place16);
    d.add(((place_kind_ * 7 + luma_) * 4 + cb_) * 12 + rest_whole / 2);
    d.add(class_kind_ * 32 + u32(std::min(k_, 31)));
    d.add((place_kind_ * 8 + u32(in_.around->beside_nonzeros)) * 16 + place16);
    d.add((kind_ * 24 + rest) * 24 + rest_whole);
    d.add((place_kind_ * 16 + told) * 16 + rest16);
    d.add((place_kind_ * 16 + rough) * 16 + rest16);
    d.add(((kind_ * 16 + told) * 16 + rough) * 4 + std::min(nonzeros, 3u));
    return d.decision;
  }

  [[nodiscard]] Decision zero() const {
    const std::uint32_t e40 = log_bucket(estimate_, 4, 40), e26 = e40 * 26 / 40, e20 = e40 / 2;
    const std::uint32_t by_whole = log_bucket(log_level_ + whole_, 3, 24);
    const std::uint32_t by_late = log_bucket(log_level_ + late_, 3, 24);
    const std::uint32_t place8 = place_ / 4;
    const std::uint32_t pattern =
        u32(std::min(last_[0], 3) * 9 + std::min(last_[1], 2) * 3 + std::min(last_[2], 2));
    const std::uint32_t level16 = log_bucket(log_level_, 2, 16);
    const std::uint32_t beside = beside_level(), near = near_level();
    DecisionBuilder d(kZero, int(place_kind_ * 16 + place_ / 2), int(e40));
    d.add((place_kind_ * 40 + e40) * 8 + place8);
    d.add((kind_ * 24 + by_whole) * 24 + by_late);
    d.add(place_kind_ * 256 + u32(std::min(k_, 255)));
    d.add((place_kind_ * 16 + place_ / 2) * 36 + pattern);
    d.add((place_kind_ * 12 + start_gain_) * 24 + by_late);
    d.add(((place_kind_ * 7 + luma_) * 4 + cb_) * 20 + e20);
    d.add(class_kind_ * 64 + u32(std::min(k_, 63)));
    d.add((place_kind_ * 12 + u32(std::min(run_, 11))) * 26 + e26);
    d.add(((kind_ * 16 + level16) * 12 + beside) * 12 + near);
    d.add((place_kind_ * 12 + beside) * 26 + e26);
    d.add(((place_kind_ * 8 + u32(in_.around->beside_nonzeros)) * 8 + u32(std::min(nonzeros_, 7))) *
              8 +
          place8);
    d.add(((kind_ * 9 + before_level()) * 26 + e26) * 6 + near / 2);
    return d.decision;
  }

  // Whether the magnitude goes beyond i, i >= 1.
  [[nodiscard]] Decision more(int i) const {
    const std::uint32_t step = u32(std::min(i, 7)), step4 = u32(std::min(i - 1, 3));
    const std::uint32_t e40 = log_bucket(estimate_, 4, 40);
    const std::uint32_t e32 = log_bucket(estimate_, 4, 32), e16 = log_bucket(estimate_, 2, 16);
    const std::uint32_t by_whole = log_bucket(log_level_ + whole_, 2, 20);
    const std::uint32_t by_late = log_bucket(log_level_ + late_, 2, 20);
    const std::uint32_t level16 = log_bucket(log_level_, 2, 16);
    const std::uint32_t place8 = place_ / 4;
    const std::uint32_t beside = beside_level(), near = near_level();
    const int average = std::min(7, nonzeros_ > 0 ? sum_ / nonzeros_ : 0);
    DecisionBuilder d(kMore, int((kind_ * 8 + step) * 8 + std::min(7u, place_ / 2)), int(e40));
    d.add((place_kind_ * 32 + e32) * 8 + step);
    d.add(((kind_ * 20 + by_whole) * 20 + by_late) * 8 + step);
    d.add((place_kind_ * 32 + place_) * 8 + step);
    d.add((place_kind_ * 36 + u32(std::min(last_[0], 5) * 6 + std::min(last_[1], 5))) * 8 + step);
    d.add(((place_kind_ * 12 + start_gain_) * 8 + place8) * 4 + step4);
    d.add((kind_ * 20 + u32(std::min(i, 19))) * 40 + e40);
    d.add((class_kind_ * 8 + u32(std::min(k_, 7))) * 8 + step);
    d.add((place_kind_ * 8 + u32(std::min(run_, 7))) * 8 + step);
    d.add(((place_kind_ * 8 + u32(std::min(nonzeros_, 7))) * 8 + u32(average)) * 4 + step4);
    d.add(((kind_ * 12 + beside) * 32 + e32) * 4 + step4);
    d.add(((kind_ * 16 + level16) * 12 + near) * 8 + step);
    d.add(((kind_ * 9 + before_level()) * 16 + e16) * 8 + step);
    return d.decision;
  }

  // What coefficient k turned out to be.
  void told(int magnitude) {
    const std::size_t bin = in_.model->bin[std::size_t(k_)];
    foretold_ -= in_.around->bin_mean[bin];
    if (magnitude > 0) {
      const auto add = static_cast<std::uint32_t>(std::min(magnitude, 64));
      const std::size_t column = bin % 6;
      near_[bin] += 2 * add;
      if (column > 0) near_[bin - 1] += add;
      if (column < 5) near_[bin + 1] += add;
      if (bin >= 6) near_[bin - 6] += add;
      if (bin + 6 < kBins) near_[bin + 6] += add;
      sums_[bin] += static_cast<std::uint32_t>(std::min(magnitude, 255));
      ++nonzeros_;
      sum_ += std::min(magnitude, 255);
      run_ = 0;
    } else {
      ++run_;
    }
    last_ = {magnitude, last_[0], last_[1]};
    gain_.update(magnitude, in_.expectation->level[std::size_t(k_)]);
  }

  [[nodiscard]] int nonzeros() const { return nonzeros_; }
  [[nodiscard]] int level_sum() const { return sum_; }
  [[nodiscard]] Spectrum spectrum() const {
    Spectrum out{};
    for (std::size_t b = 0; b < kBins; ++b)
      if (sums_[b] > 0)
        out[b] = static_cast<std::uint8_t>(
            std::min(255u, 16 * sums_[b] / std::max<std::uint32_t>(1, in_.model->bin_count[b])));
    return out;
  }

 private:
  [[nodiscard]] std::uint32_t beside_level() const {
    return in_.around->bin_level[in_.model->bin[std::size_t(k_)]];
  }
  [[nodiscard]] std::uint32_t near_level() const {
    const std::uint32_t near = near_[in_.model->bin[std::size_t(k_)]];
    return near < 4 ? near : std::min(11u, u32(log2_16(near) / 8));
  }
  [[nodiscard]] std::uint32_t before_level() const {
    if (in_.before == nullptr) return 0;
    const int pixels = int(in_.expectation->level.size());
    const auto magnitude = [&](int k) {
      return k >= 0 && k < pixels ? std::abs(int{in_.before[k]}) : 0;
    };
    return u32(std::min(2, magnitude(k_)) * 3 + std::min(2, magnitude(k_ - 1) + magnitude(k_ + 1)));
  }

  const LevelInputs& in_;
  RunningGain gain_;
  std::uint32_t kind_, place_kind_, class_kind_, start_gain_, luma_, cb_;
  std::int64_t foretold_ = 0;
  std::array<std::uint32_t, kBins> near_{}, sums_{};
  std::array<int, 3> last_{};
  int nonzeros_ = 0, sum_ = 0, run_ = 0;
  int k_ = 0, whole_ = 0, late_ = 0, log_level_ = 0, estimate_ = 0;
  std::uint32_t place_ = 0;
};

// Magnitudes above kUnary: Exp-Golomb with at most 12 prefix bits, which reaches past kLevelMax.
template <class Coder>
int code_escape(Coder& coder, int value) {
  const std::uint32_t shifted = std::uint32_t(value) + 1;
  int length = 0;
  while (length < 12 && coder.bypass((shifted >> (length + 1)) != 0 ? 1u : 0u, 1) != 0) ++length;
  return int((1u << length) + coder.bypass(shifted & ((1u << length) - 1), length)) - 1;
}

// The levels of one plane of a block: `levels` is read by an encoder, which gives `length`, the
// number up to the last that is not zero, and filled by a decoder. Returns the length.
template <class Coder>
int code_levels(Coder& coder, LevelContexts& contexts, std::int16_t* levels, int length,
                int pixels) {
  bool may_end = true;
  int k = 0;
  for (; k < pixels; ++k) {
    contexts.at(k);
    if (may_end && coder.bit(contexts.end(), k >= length)) break;
    const int level = k < length ? levels[k] : 0;
    const int wanted = std::abs(level);
    int magnitude = 0;
    if (coder.bit(contexts.zero(), wanted != 0)) {
      magnitude = 1;
      while (magnitude <= kUnary && coder.bit(contexts.more(magnitude), wanted > magnitude))
        ++magnitude;
      if (magnitude > kUnary) magnitude += code_escape(coder, wanted - magnitude);
      magnitude = std::min(magnitude, kLevelMax);
      const bool negative = coder.bypass(level < 0 ? 1u : 0u, 1) != 0;
      levels[k] = std::int16_t(negative ? -magnitude : magnitude);
    } else {
      levels[k] = 0;
    }
    may_end = magnitude > 0;
    contexts.told(magnitude);
  }
  return k;
}

// Whether a block of size 1, 2 or 3 is split into four.
template <class Coder>
bool code_split(Coder& coder, const TileState& state, const Position& at, bool value) {
  const Unit& left = state.unit(at.x - 1, at.y);
  const Unit& above = state.unit(at.x, at.y - 1);
  const std::uint32_t l = left.known ? left.size : 4u, a = above.known ? above.size : 4u;
  const auto gain = [](const Unit& unit) {
    return unit.known ? log_bucket(unit.gain[0], 1, 15) : 15u;
  };
  const std::uint32_t gl = gain(left), ga = gain(above), size = u32(at.size - 1);
  const std::uint32_t finer = (l < u32(at.size) ? 1u : 0u) + (a < u32(at.size) ? 1u : 0u);
  DecisionBuilder d(kSplit, at.size - 1, int(a));
  d.add(size * 6 + l);
  d.add(size * 6 + a);
  d.add(size * 36 + l * 6 + a);
  d.add((size * 16 + gl) * 16 + ga);
  d.add(size * 16 + std::max(gl == 15 ? 0 : gl, ga == 15 ? 0 : ga));
  d.add((size * 16 + gl) * 6 + a);
  d.add(size * 4 + finer);
  return coder.bit(d.decision, value);
}

// Class as an angle shared by all sizes, 0..15; 16 and 17: another, none.
[[nodiscard]] inline std::uint32_t class_angle(const Unit& unit) {
  if (!unit.known) return 17;
  return u32(unit.block_class * 16 / kClasses[unit.size]);
}

template <class Coder>
int code_class(Coder& coder, const TileState& state, const Position& at, int value) {
  const auto size = std::size_t(at.size);
  const Unit& left = state.unit(at.x - 1, at.y);
  const Unit& above = state.unit(at.x, at.y - 1);
  const std::uint32_t l = class_angle(left), a = class_angle(above);
  const std::uint32_t same_left = left.known && left.size == at.size ? left.block_class : 33u;
  const std::uint32_t same_above = above.known && above.size == at.size ? above.block_class : 33u;
  const Orientation orientation = orientation_of(state, at);
  const std::uint32_t direction = u32(orientation.direction), strength = u32(orientation.strength);
  std::uint32_t node = 1;
  for (int bit = kClassBits[size] - 1; bit >= 0; --bit) {
    const std::uint32_t row = u32(kFirstClass[size]) + node;
    DecisionBuilder d(kClassBit, int(row), int(strength / 4));
    d.add(row);
    d.add(row * 18 + l);
    d.add(row * 18 + a);
    d.add((row * 10 + l / 2) * 10 + a / 2);
    d.add((row * 16 + direction) * 16 + strength);
    d.add(row * 34 + same_left);
    d.add(row * 34 + same_above);
    d.add((row * 18 + l) * 16 + direction);
    node = node * 2 + (coder.bit(d.decision, ((value >> bit) & 1) != 0) ? 1u : 0u);
  }
  return int(node) - kClasses[size];
}

// How a chroma block is foretold. `cb_mode` is that of Cb when plane is 2.
template <class Coder>
int code_mode(Coder& coder, const TileState& state, const Position& at, int plane, int cb_mode,
              int luma_nonzeros, int value) {
  const Unit& left = state.unit(at.x - 1, at.y);
  const Unit& above = state.unit(at.x, at.y - 1);
  const std::uint32_t l = left.known ? left.mode[std::size_t(plane)] : 4u;
  const std::uint32_t a = above.known ? above.mode[std::size_t(plane)] : 4u;
  std::uint32_t node = 1;
  for (int bit = 1; bit >= 0; --bit) {
    const std::uint32_t row = u32(plane - 1) * 4 + node;
    DecisionBuilder d(kMode, int(row), plane == 2 ? cb_mode : 0);
    d.add(row);
    d.add(row * 5 + l);
    d.add(row * 5 + a);
    d.add(row * 4 + u32(cb_mode));
    d.add(row * 4 + u32(at.size));
    d.add(row * 25 + l * 5 + a);
    d.add((row * 4 + u32(std::min(luma_nonzeros, 3))) * 4 + u32(cb_mode));
    node = node * 2 + (coder.bit(d.decision, ((value >> bit) & 1) != 0) ? 1u : 0u);
  }
  return int(node) - 4;
}

}  // namespace holo::image::deep
