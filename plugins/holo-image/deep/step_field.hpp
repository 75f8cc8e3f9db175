// How the step varies over a tile: one offset a superblock, in quarters of an octave.
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "core/entropy/context.hpp"
#include "plugins/holo-image/deep/expectation.hpp"
#include "plugins/holo-image/deep/fixed_log.hpp"
#include "plugins/holo-image/deep/tile_head.hpp"

namespace holo::image::deep {

inline constexpr int kOffsetMax = 4;  // one octave either way

// The step of a tile of step `base` at an offset; in kStepMin..kStepMax.
[[nodiscard]] inline std::int32_t step_at(std::int32_t base, int offset) {
  const std::int64_t scaled = (std::int64_t{base} * exp2_16(4 * offset) + (1 << 13)) >> 14;
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(scaled, kStepMin, kStepMax));
}

// Expectations of every offset, made when they are first asked for.
class StepField {
 public:
  StepField(const Model& model, std::int32_t base) : model_(model), base_(base) {}

  [[nodiscard]] const Expectation& expectation(int offset) {
    auto& made = made_[std::size_t(offset + kOffsetMax)];
    if (!made) made = std::make_unique<Expectation>(model_, step_at(base_, offset));
    return *made;
  }

  // The offset of the next superblock, against the one before. A Coder is one of mixing.hpp.
  template <class Coder>
  int code(Coder& coder, int value) {
    const int change = value - last_;
    if (!coder.adaptive(changes_, change != 0)) return last_;
    const bool down = coder.adaptive(down_[std::size_t(last_ + kOffsetMax)], change < 0);
    const int room = down ? last_ + kOffsetMax : kOffsetMax - last_;
    int size = 1;
    while (size < room && coder.adaptive(more_[std::size_t(size - 1)], std::abs(change) > size))
      ++size;
    // Damaged bytes can ask for a change where there is no room.
    last_ = std::clamp(last_ + (down ? -size : size), -kOffsetMax, kOffsetMax);
    return last_;
  }

 private:
  const Model& model_;
  std::int32_t base_;
  int last_ = 0;
  entropy::AdaptiveBit changes_;
  std::array<entropy::AdaptiveBit, 2 * kOffsetMax + 1> down_;
  std::array<entropy::AdaptiveBit, 2 * kOffsetMax> more_;
  std::array<std::unique_ptr<Expectation>, 2 * kOffsetMax + 1> made_;
};

}  // namespace holo::image::deep
