// The probability of one binary decision: what several families of contexts have seen, and what
// a distribution of known shape says, mixed by weights that learn.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace holo::image::lossless {

inline constexpr std::size_t kFamilies = 8;
inline constexpr std::size_t kNodes = 32;  // kinds of decisions
inline constexpr std::size_t kMixes = 16;  // sets of weights for each of them
inline constexpr std::array<std::uint32_t, kFamilies> kFamilySize{32,  968, 968,  512,
                                                                  512, 480, 1024, 960};

// Which context of each family a sample is in, and which weights it uses.
struct ContextChoice {
  std::array<std::uint32_t, kFamilies> family{};
  std::uint32_t mix = 0;
};

class DecisionModel {
 public:
  DecisionModel();
  // Of a one, in 1/65536. `shape` is the probability from the distribution.
  [[nodiscard]] std::uint32_t foretell(const ContextChoice& choice, std::size_t node,
                                       std::uint32_t shape);
  // Teaches what the decision foretold last was.
  void learn(bool bit);

 private:
  struct Estimate {
    std::uint16_t probability = 32768;
    std::uint16_t seen = 0;
  };
  static constexpr std::size_t kInputs = kFamilies + 2;
  using Weights = std::array<std::int32_t, kInputs>;

  std::vector<Estimate> estimates_;  // family by family, context by context, node by node
  std::vector<Weights> weights_;
  std::array<Estimate*, kFamilies> used_{};
  std::array<std::int32_t, kInputs> logits_{};
  Weights* selected_ = nullptr;
  std::uint32_t mixed_ = 32768;
};

}  // namespace holo::image::lossless
