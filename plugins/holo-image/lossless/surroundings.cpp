// The quantisers and the layout of contexts are part of the format.
#include "plugins/holo-image/lossless/surroundings.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>

namespace holo::image::lossless {
namespace {

constexpr int kBorder = 2;

int width_of(int value) { return std::bit_width(static_cast<unsigned>(value)); }

// Two levels an octave: 0, 1 2 3 3 4 4 5 5 5 5 .. for value >= 0, at most `most`.
std::uint32_t level(int value, int most) {
  const int exponent = width_of(value + 1) - 1;
  const int half = exponent > 0 ? ((value + 1) >> (exponent - 1)) & 1 : 0;
  return std::uint32_t(std::min(2 * exponent + half, most));
}

// -most..most by octaves of an error in 1/16, less than 5 counting as none; from 0.
std::uint32_t signed_level(int error, int most) {
  const int size = std::abs(error);
  const int octave = size < 5 ? 0 : std::min(width_of(size) - 2, most);
  return std::uint32_t(error < 0 ? most - octave : most + octave);
}

std::uint32_t near_level(int difference) {
  return std::uint32_t(std::clamp(difference, -15, 15) + 15);
}

// The neighbours as they are: in drawings and text the same few come again and again.
std::uint32_t drawing_key(const std::array<int, 4>& neighbours, int base) {
  std::uint32_t hash = 0;
  for (const int sample : neighbours) {
    hash = (hash + static_cast<std::uint32_t>(sample - base) + 1) * 0x9E3779B1u;
    hash ^= hash >> 15;
  }
  return hash % kFamilySize[7];
}

}  // namespace

Surroundings::Surroundings(int width, int height, int depth, int low_bits, const PaddedPlane& plane,
                           std::vector<const ErrorPlane*> earlier)
    : width_(width),
      height_(height),
      top_(((1 << depth) - 1) >> low_bits),
      low_bits_(low_bits),
      plane_(plane),
      earlier_(std::move(earlier)),
      errors_(std::size_t(width + 2 * kBorder)),
      errors_above_(errors_.size()),
      kept_(std::size_t(width) * std::size_t(height)) {}

void Surroundings::begin_row(int y) {
  y_ = y;
  std::swap(errors_, errors_above_);
}

// A unit stands for 2^low samples, whose middle it is compared with.
std::int32_t Surroundings::in_units(std::int32_t prediction) const {
  return (prediction - (((1 << low_bits_) - 1) << (kFractionBits - 1))) >> low_bits_;
}

// Weighs 6 in all, like five neighbours in the plane before.
int Surroundings::loudness_before(std::size_t at, int x) const {
  const std::int16_t* there = earlier_[0]->data() + at;
  int sum = 2 * std::abs(int{there[0]});
  if (x > 0) sum += std::abs(int{there[-1]});
  if (x + 1 < width_) sum += std::abs(int{there[1]});
  if (y_ > 0) sum += std::abs(int{there[-width_]});
  if (y_ + 1 < height_) sum += std::abs(int{there[width_]});
  return sum;
}

Aim Surroundings::look(int x, const Prediction& prediction) {
  aimed_ = std::max(in_units(prediction.value), 0);
  Aim aim;
  aim.top = top_;
  aim.base = (aimed_ + 8) >> kFractionBits;
  aim.fraction = aimed_ - aim.base * 16;

  const std::int32_t* here = &errors_[std::size_t(x + kBorder)];
  const std::int32_t* over = &errors_above_[std::size_t(x + kBorder)];
  const int left = here[-1], above = over[0], corner = over[-1], beyond = over[1];
  const int close = std::abs(left) + std::abs(above);
  const int own = 2 * close + std::abs(beyond) + std::abs(corner) + std::abs(here[-2]);
  const std::size_t at = std::size_t(y_) * std::size_t(width_) + std::size_t(x);
  const int loudness = earlier_.empty() ? own * 13 / 7 : own + loudness_before(at, x);
  aim.spread = std::max(1, loudness * 4 / 13);

  const std::uint16_t* now = plane_.row(y_) + x;
  const std::uint16_t* up = plane_.row(y_ - 1) + x;
  const auto part = [this](std::uint16_t sample) { return int{sample} >> low_bits_; };
  const auto [least, most] = std::minmax({part(now[-1]), part(up[0]), part(up[-1]), part(up[1])});
  const int first = earlier_.empty() ? beyond : int{(*earlier_[0])[at]};
  const int second = earlier_.empty() ? corner : earlier_.size() == 1 ? 0 : int{(*earlier_[1])[at]};
  const std::uint32_t loud = level(loudness >> 2, 31);
  const std::uint32_t own_loud = level(own >> 2, 31);
  const auto apart = [&](std::size_t expert) {
    return (prediction.experts[0] - prediction.experts[expert]) >> low_bits_;
  };
  choice_.family = {
      loud,
      signed_level(left, 5) * 88 + signed_level(above, 5) * 8 + std::min(7u, loud / 3),
      signed_level(first, 5) * 88 + signed_level(second, 5) * 8 + std::min(7u, own_loud / 3),
      level(most - least, 15) * 32 + own_loud,
      std::uint32_t(aim.fraction + 8) * 32 + loud,
      signed_level(apart(2), 7) * 32 + loud,
      near_level(part(now[-1]) - aim.base) * 32 + near_level(part(up[0]) - aim.base),
      drawing_key({part(now[-1]), part(up[0]), part(up[-1]), part(up[1])}, aim.base),
  };
  choice_.mix = {std::uint32_t(earlier_.size()), signed_level(apart(2), 7)};
  return aim;
}

void Surroundings::learn(int x, int modelled_sample) {
  const std::int32_t error = modelled_sample * 16 - aimed_;
  errors_[std::size_t(x + kBorder)] = error;
  kept_[std::size_t(y_) * std::size_t(width_) + std::size_t(x)] =
      std::int16_t(std::clamp(error, -32767, 32767));
}

}  // namespace holo::image::lossless
