// What levels are expected to be at a step, for every coefficient of every class.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "plugins/holo-image/deep/model.hpp"

namespace holo::image::deep {

struct ClassExpectation {
  std::vector<std::uint32_t> level;      // of coefficient k, in 1/16384
  std::vector<std::uint32_t> remaining;  // sum of `level` from k on; one entry more
  std::vector<std::int16_t> log_level;   // 16 log2 of level, as a plain number
};

class Expectation {
 public:
  // step in internal units, >= 1.
  Expectation(const Model& model, std::int32_t step);
  [[nodiscard]] const ClassExpectation& of(int size, int block_class) const {
    return classes_[std::size_t(kFirstClass[std::size_t(size)] + block_class)];
  }
  [[nodiscard]] std::int32_t step() const { return step_; }
  [[nodiscard]] int log_step() const { return log_step_; }

 private:
  std::int32_t step_;
  int log_step_;
  std::array<ClassExpectation, kAllClasses> classes_;
};

}  // namespace holo::image::deep
