// Binary decisions foretold by many adaptive contexts at once, mixed in the logistic domain.
//
// Every decision names up to kInputs contexts and two sets of weights. A context holds the chance
// of a one and how often it was met; each set of weights makes a mix of their logits, and the mean
// of the two mixes is the probability that is coded. Contexts and weights start as trained and
// learn from every bit. All integers: every machine learns the same.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/entropy/binary_coder.hpp"
#include "core/entropy/context.hpp"
#include "core/entropy/mixer.hpp"
#include "plugins/holo-image/deep/mix_kernels.hpp"

namespace holo::image::deep {

inline constexpr int kInputs = 12;
inline constexpr std::int16_t kConstantLogit = 256;

// A context: the chance of a one in 1/2^22 above, how often it was met below (10 bits).
inline constexpr std::uint32_t kFreshState = (std::uint32_t{1} << 31);
inline constexpr std::uint32_t kCountMask = 1023;
inline constexpr std::uint32_t kCountLimit = 200;

// What a decision looks at; unused inputs are left out by `count`.
struct Decision {
  std::array<std::uint32_t, kInputs> context;
  int count = 0;
  int set = 0;  // of weights
  int second_set = 0;
  void add(std::uint32_t index) { context[std::size_t(count++)] = index; }
};

struct MixingTables {
  std::array<std::int16_t, 4096> stretch;   // of a probability in 1/4096
  std::array<std::uint16_t, 4096> squash;   // of a logit + 2048, in 1/65536
  std::array<std::uint16_t, 256> learning;  // 65536 / (count + 1.6)
};
[[nodiscard]] const MixingTables& mixing_tables();

class Mixing {
 public:
  Mixing(std::span<const std::uint32_t> contexts, std::span<const std::int16_t> weights)
      : tables_(mixing_tables()),
        contexts_(contexts.begin(), contexts.end()),
        weights_(weights.begin(), weights.end()) {}

  // The chance of a one in 1/65536.
  [[nodiscard]] std::uint32_t foretell(const Decision& decision) {
    decision_ = &decision;
    for (int i = 0; i < decision.count; ++i)
      logits_[std::size_t(i)] = tables_.stretch[contexts_[decision.context[std::size_t(i)]] >> 20];
    for (int i = decision.count; i < kInputs; ++i) logits_[std::size_t(i)] = 0;
    const std::int32_t first = dot(decision.set);
    const std::int32_t second = dot(decision.second_set);
    first_ = squash(first);
    second_ = squash(second);
    return squash((first + second) >> 1);
  }

  void learn(bool bit) {
    const std::int32_t target = bit ? 65536 : 0;
    const Decision& decision = *decision_;
    adjust(decision.set, first_, target);
    adjust(decision.second_set, second_, target);
    const std::uint32_t goal = bit ? 4194303u : 0u;
    for (int i = 0; i < decision.count; ++i) {
      std::uint32_t& state = contexts_[decision.context[std::size_t(i)]];
      const std::uint32_t count = state & kCountMask;
      const std::int32_t probability = static_cast<std::int32_t>(state >> 10);
      const std::int32_t step = static_cast<std::int32_t>(
          (std::int64_t{static_cast<std::int32_t>(goal) - probability} * tables_.learning[count]) >>
          16);
      state = (static_cast<std::uint32_t>(probability + step) << 10) |
              (count < kCountLimit ? count + 1 : count);
    }
  }

  [[nodiscard]] std::span<const std::uint32_t> contexts() const { return contexts_; }
  [[nodiscard]] std::span<const std::int16_t> weights() const { return weights_; }

 private:
  [[nodiscard]] std::uint32_t squash(std::int32_t logit) const {
    return tables_.squash[std::size_t(std::clamp(logit, -2047, 2047) + 2048)];
  }

  [[nodiscard]] std::int32_t dot(int set) const {
    return mix(&weights_[std::size_t(set) * kLanes], logits_.data());
  }
  void adjust(int set, std::uint32_t foretold, std::int32_t target) {
    teach(&weights_[std::size_t(set) * kLanes], logits_.data(),
          static_cast<std::int16_t>((target - std::int32_t(foretold)) >> 4));
  }

  const MixingTables& tables_;
  std::vector<std::uint32_t> contexts_;
  std::vector<std::int16_t> weights_;
  alignas(16) std::array<std::int16_t, kLanes> logits_ = [] {
    std::array<std::int16_t, kLanes> logits{};
    logits[kInputs] = kConstantLogit;
    return logits;
  }();
  const Decision* decision_ = nullptr;
  std::uint32_t first_ = 0, second_ = 0;
};

// The coders of block_syntax.hpp. `bit` codes (or, decoding, ignores) a value and teaches.
class MixedWriter {
 public:
  MixedWriter(Mixing& mixing, entropy::BinaryEncoder& coder) : mixing_(mixing), coder_(coder) {}
  bool bit(const Decision& decision, bool value) {
    coder_.encode(value, mixing_.foretell(decision));
    mixing_.learn(value);
    return value;
  }
  // A decision of its own, outside the mixing.
  bool adaptive(entropy::AdaptiveBit& context, bool value) {
    entropy::encode_bit(coder_, context, value);
    return value;
  }
  std::uint32_t bypass(std::uint32_t value, int count) {
    if (count > 0) coder_.encode_bypass(value, count);
    return value;
  }

 private:
  Mixing& mixing_;
  entropy::BinaryEncoder& coder_;
};

class MixedReader {
 public:
  MixedReader(Mixing& mixing, entropy::BinaryDecoder& coder) : mixing_(mixing), coder_(coder) {}
  bool bit(const Decision& decision, bool) {
    const bool value = coder_.decode(mixing_.foretell(decision));
    mixing_.learn(value);
    return value;
  }
  bool adaptive(entropy::AdaptiveBit& context, bool) {
    return entropy::decode_bit(coder_, context);
  }
  std::uint32_t bypass(std::uint32_t, int count) {
    return count > 0 ? coder_.decode_bypass(count) : 0;
  }

 private:
  Mixing& mixing_;
  entropy::BinaryDecoder& coder_;
};

// Measures what decisions would cost, in 1/256 bit, and teaches nothing.
class MixedCost {
 public:
  explicit MixedCost(Mixing& mixing) : mixing_(mixing) {}
  bool bit(const Decision& decision, bool value) {
    cost_ += entropy::bit_cost(mixing_.foretell(decision), value);
    return value;
  }
  std::uint32_t bypass(std::uint32_t value, int count) {
    cost_ += 256u * static_cast<std::uint32_t>(count);
    return value;
  }
  [[nodiscard]] double cost() const { return double(cost_); }

 private:
  Mixing& mixing_;
  std::uint64_t cost_ = 0;
};

}  // namespace holo::image::deep
