// Where each kind of context lies in the model's tables.
#pragma once

#include <array>
#include <cstdint>

#include "plugins/holo-image/deep/mixing.hpp"
#include "plugins/holo-image/deep/model.hpp"

namespace holo::image::deep {

using InputSizes = std::array<std::uint32_t, kInputs>;

// Kinds of decisions, and for each input how many contexts it has. block_syntax.hpp says what
// the numbers are made of.
enum Kind : int { kEnd, kZero, kMore, kSplit, kClassBit, kMode, kKinds };

inline constexpr std::array<InputSizes, kKinds> kInputSizes = {{
    {12 * 16 * 24, 12 * 24 * 8, 12 * 128, 12 * 12 * 8 * 3, 12 * 12 * 16, 12 * 7 * 4 * 12,
     kAllClasses * 2 * 32, 12 * 8 * 16, 2 * 24 * 24, 12 * 16 * 16, 12 * 16 * 16, 2 * 16 * 16 * 4},
    {12 * 40 * 8, 2 * 24 * 24, 12 * 256, 12 * 16 * 36, 12 * 12 * 24, 12 * 7 * 4 * 20,
     kAllClasses * 2 * 64, 12 * 12 * 26, 2 * 16 * 12 * 12, 12 * 12 * 26, 12 * 8 * 8 * 8,
     2 * 9 * 26 * 6},
    {12 * 32 * 8, 2 * 20 * 20 * 8, 12 * 32 * 8, 12 * 36 * 8, 12 * 12 * 8 * 4, 2 * 20 * 40,
     kAllClasses * 2 * 8 * 8, 12 * 8 * 8, 12 * 8 * 8 * 4, 2 * 12 * 32 * 4, 2 * 16 * 12 * 8,
     2 * 9 * 16 * 8},
    {3 * 6, 3 * 6, 3 * 36, 3 * 16 * 16, 3 * 16, 3 * 16 * 6, 3 * 4, 0, 0, 0, 0, 0},
    {kAllClasses, kAllClasses * 18, kAllClasses * 18, kAllClasses * 10 * 10, kAllClasses * 16 * 16,
     kAllClasses * 34, kAllClasses * 34, kAllClasses * 18 * 16, 0, 0, 0, 0},
    {2 * 4, 2 * 4 * 5, 2 * 4 * 5, 2 * 4 * 4, 2 * 4 * 4, 2 * 4 * 25, 2 * 4 * 4 * 4, 0, 0, 0, 0, 0},
}};

inline constexpr std::array<InputSizes, kKinds> kInputBase = [] {
  std::array<InputSizes, kKinds> base{};
  std::uint32_t next = 0;
  for (std::size_t kind = 0; kind < kKinds; ++kind)
    for (std::size_t i = 0; i < kInputs; ++i) {
      base[kind][i] = next;
      next += kInputSizes[kind][i];
    }
  return base;
}();
inline constexpr std::uint32_t kContexts = [] {
  std::uint32_t sum = 0;
  for (const InputSizes& sizes : kInputSizes)
    for (const std::uint32_t size : sizes) sum += size;
  return sum;
}();

// Sets of weights, two families a kind.
inline constexpr std::array<int, kKinds> kSets = {12 * 16, 12 * 16, 2 * 8 * 8, 3, kAllClasses, 8};
inline constexpr std::array<int, kKinds> kSecondSets = {24, 40, 40, 6, 4, 4};
[[nodiscard]] constexpr int set_base(int kind) {
  int base = 0;
  for (int i = 0; i < kind; ++i) base += kSets[std::size_t(i)] + kSecondSets[std::size_t(i)];
  return base;
}
inline constexpr int kWeightSets =
    set_base(kKinds - 1) + kSets[kKinds - 1] + kSecondSets[kKinds - 1];

// Collects the contexts of one decision, input by input.
class DecisionBuilder {
 public:
  DecisionBuilder(Kind kind, int set, int second_set) : kind_(std::size_t(kind)) {
    decision.set = set_base(kind) + set;
    decision.second_set = set_base(kind) + kSets[kind_] + second_set;
  }
  DecisionBuilder& add(std::uint32_t index) {
    decision.add(kInputBase[kind_][std::size_t(decision.count)] + index);
    return *this;
  }
  Decision decision;

 private:
  std::size_t kind_;
};

}  // namespace holo::image::deep
