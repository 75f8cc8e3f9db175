// Tables of the logistic function, made by the compiler, and the learning step of the mixer.
#include "core/entropy/mixer.hpp"

#include <algorithm>
#include <array>

namespace holo::entropy {
namespace {

constexpr std::int32_t kStretchEntries = 4096;
constexpr std::int32_t kMaxWeight = 1 << 20;                              // 16.0
constexpr double kExpOfOneStep = 1.003913889338347573443609603903460281;  // exp(1 / 256)

// Entry i is squash(i - kMaxStretch). Constant evaluation is exact IEEE arithmetic in every
// compiler, and no entry lies near a rounding boundary, so the table is the same everywhere.
constexpr std::array<std::uint16_t, 2 * kMaxStretch + 1> make_squash() {
  std::array<std::uint16_t, 2 * kMaxStretch + 1> table{};
  double growth = 1;
  for (std::int32_t i = 0; i <= kMaxStretch; ++i) {
    const double upper = 65536.0 * growth / (growth + 1.0);
    const auto rounded = static_cast<std::uint32_t>(upper + 0.5);
    table[static_cast<std::size_t>(kMaxStretch + i)] = static_cast<std::uint16_t>(rounded);
    table[static_cast<std::size_t>(kMaxStretch - i)] = static_cast<std::uint16_t>(65536 - rounded);
    growth *= kExpOfOneStep;
  }
  return table;
}

constexpr std::array<std::uint16_t, 2 * kMaxStretch + 1> kSquash = make_squash();

// Entry i is the first logit whose probability reaches the middle of the i-th sixteen.
constexpr std::array<std::int16_t, kStretchEntries> make_stretch() {
  std::array<std::int16_t, kStretchEntries> table{};
  std::int32_t logit = -kMaxStretch;
  for (std::int32_t i = 0; i < kStretchEntries; ++i) {
    const std::int32_t middle = i * 16 + 8;
    while (logit < kMaxStretch && kSquash[static_cast<std::size_t>(kMaxStretch + logit)] < middle) {
      ++logit;
    }
    table[static_cast<std::size_t>(i)] = static_cast<std::int16_t>(logit);
  }
  return table;
}

constexpr std::array<std::int16_t, kStretchEntries> kStretch = make_stretch();

}  // namespace

std::int32_t stretch(std::uint32_t probability) {
  return kStretch[std::min<std::uint32_t>(probability >> 4, kStretchEntries - 1)];
}

std::uint32_t squash(std::int32_t logit) {
  return kSquash[static_cast<std::size_t>(kMaxStretch +
                                          std::clamp(logit, -kMaxStretch, kMaxStretch))];
}

Mixer::Mixer(std::size_t inputs, std::size_t contexts, std::int32_t initial_weight,
             std::int32_t rate)
    : inputs_(std::clamp<std::size_t>(inputs, 1, kMaxInputs)),
      rate_(std::clamp(rate, 1, 64)),
      logits_(inputs_, 0),
      weights_(inputs_ * std::max<std::size_t>(contexts, 1),
               std::clamp(initial_weight, -kMaxWeight, kMaxWeight)) {}

void Mixer::set_logit(std::size_t input, std::int32_t logit) {
  logits_[input] = std::clamp(logit, -kMaxStretch, kMaxStretch);
}

std::uint32_t Mixer::mix(std::size_t context) {
  selected_ = context * inputs_;
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < inputs_; ++i) {
    sum += std::int64_t{weights_[selected_ + i]} * logits_[i];
  }
  const std::int64_t logit = std::clamp<std::int64_t>(sum >> 16, -kMaxStretch, kMaxStretch);
  mixed_ = squash(static_cast<std::int32_t>(logit));
  return mixed_;
}

void Mixer::update(bool bit) {
  // |error| <= 2^16, rate <= 2^6, |logit| < 2^11: the product needs 64 bits.
  const std::int64_t error = ((bit ? 65536 : 0) - static_cast<std::int64_t>(mixed_)) * rate_;
  for (std::size_t i = 0; i < inputs_; ++i) {
    const std::int64_t step = (error * logits_[i] + (1 << 17)) >> 18;
    weights_[selected_ + i] = static_cast<std::int32_t>(
        std::clamp<std::int64_t>(weights_[selected_ + i] + step, -kMaxWeight, kMaxWeight));
  }
}

}  // namespace holo::entropy
