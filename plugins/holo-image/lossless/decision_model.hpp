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
// Two sets of weights for each of them add up, chosen by different things.
inline constexpr std::array<std::size_t, 2> kMixes{3, 15};
inline constexpr std::array<std::uint32_t, kFamilies> kFamilySize{32,  968, 968,  512,
                                                                  512, 480, 1024, 1024};

// Which context of each family a sample is in, and which weights it uses.
struct ContextChoice {
  std::array<std::uint32_t, kFamilies> family{};
  std::array<std::uint32_t, 2> mix{};
};

class DecisionModel {
 public:
  DecisionModel();
  // Call once a sample.
  void choose(const ContextChoice& choice);
  // Of a one, in 1/65536. `shape` is the probability from the distribution.
  [[nodiscard]] std::uint32_t foretell(std::size_t node, std::uint32_t shape);
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
  std::array<std::vector<Weights>, 2> weights_;
  std::array<Estimate*, kFamilies> contexts_{};  // their first nodes
  std::array<Weights*, 2> sets_{};
  std::size_t node_ = 0;
  std::array<std::int32_t, kInputs> logits_{};
  std::uint32_t mixed_ = 32768;
};

}  // namespace holo::image::lossless
