// Estimates move by 1/(n + 1.6) of the surprise while young, so that they are near the mean of
// what they have seen.
#include "plugins/holo-image/lossless/decision_model.hpp"

#include <algorithm>
#include <numeric>

#include "core/entropy/mixer.hpp"

namespace holo::image::lossless {
namespace {

constexpr std::int32_t kStartWeight = 4500;  // in 1/65536, in each of the two sets
constexpr std::int32_t kMaxWeight = 1 << 18;
constexpr std::int32_t kLearningRate = 3;
constexpr std::int32_t kBias = 256;  // an input that never changes
constexpr std::size_t kSeenMax = 100;

constexpr std::array<std::int32_t, kSeenMax + 1> make_steps() {
  std::array<std::int32_t, kSeenMax + 1> steps{};
  for (std::size_t n = 0; n <= kSeenMax; ++n) steps[n] = std::int32_t(655360 / (10 * n + 16));
  return steps;
}
constexpr std::array<std::int32_t, kSeenMax + 1> kSteps = make_steps();

}  // namespace

DecisionModel::DecisionModel()
    : estimates_(std::accumulate(kFamilySize.begin(), kFamilySize.end(), std::size_t{0}) * kNodes) {
  Weights start;
  start.fill(kStartWeight);
  start.back() = 0;
  for (std::size_t s = 0; s < weights_.size(); ++s) weights_[s].assign(kMixes[s] * kNodes, start);
}

void DecisionModel::choose(const ContextChoice& choice) {
  for (std::size_t s = 0; s < sets_.size(); ++s)
    sets_[s] = weights_[s].data() + choice.mix[s] * kNodes;
  Estimate* family = estimates_.data();
  for (std::size_t f = 0; f < kFamilies; ++f) {
    contexts_[f] = family + choice.family[f] * kNodes;
    __builtin_prefetch(contexts_[f]);
    family += kFamilySize[f] * kNodes;
  }
}

std::uint32_t DecisionModel::foretell(std::size_t node, std::uint32_t shape) {
  node_ = node;
  for (std::size_t f = 0; f < kFamilies; ++f)
    logits_[f] = entropy::stretch(contexts_[f][node].probability);
  logits_[kFamilies] = entropy::stretch(shape);
  logits_[kFamilies + 1] = kBias;
  const Weights& first = sets_[0][node];
  const Weights& second = sets_[1][node];
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < kInputs; ++i) sum += ((first[i] + second[i]) * logits_[i]) >> 4;
  mixed_ = entropy::squash(sum >> 12);
  return mixed_;
}

void DecisionModel::learn(bool bit) {
  const std::int32_t error = ((bit ? 65536 : 0) - std::int32_t(mixed_)) * kLearningRate;
  for (std::size_t i = 0; i < kInputs; ++i) {
    const std::int32_t step = (error * logits_[i] + (1 << 17)) >> 18;
    for (Weights* set : sets_) {
      std::int32_t& weight = set[node_][i];
      weight = std::clamp(weight + step, -kMaxWeight, kMaxWeight);
    }
  }
  const std::int32_t target = bit ? 65535 : 0;
  for (Estimate* context : contexts_) {
    Estimate& estimate = context[node_];
    const std::int32_t step = (target - estimate.probability) * (kSteps[estimate.seen] >> 1);
    estimate.probability = std::uint16_t(estimate.probability + (step >> 15));
    if (estimate.seen < kSeenMax) ++estimate.seen;
  }
}

}  // namespace holo::image::lossless
