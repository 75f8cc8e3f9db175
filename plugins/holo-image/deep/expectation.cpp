// One look-up a coefficient.
#include "plugins/holo-image/deep/expectation.hpp"

#include <algorithm>

#include "plugins/holo-image/deep/fixed_log.hpp"

namespace holo::image::deep {

Expectation::Expectation(const Model& model, std::int32_t step)
    : step_(step), log_step_(log2_16(static_cast<std::uint64_t>(step))) {
  for (std::size_t size = 0; size < kSizes; ++size)
    for (std::size_t c = 0; c < std::size_t(kClasses[size]); ++c) {
      const ClassModel& from = model.sizes[size][c];
      ClassExpectation& to = classes_[std::size_t(kFirstClass[size]) + c];
      const std::size_t pixels = from.log_magnitude.size();
      to.level.resize(pixels);
      to.log_level.resize(pixels);
      to.remaining.assign(pixels + 1, 0);
      for (std::size_t k = pixels; k-- > 0;) {
        const auto entry = std::size_t(
            std::clamp(from.log_magnitude[k] - log_step_ + kExpectedZero, 0, kExpectedEntries - 1));
        to.level[k] = model.expected[entry];
        to.log_level[k] = model.log_expected[entry];
        to.remaining[k] = to.remaining[k + 1] + to.level[k];
      }
    }
}

}  // namespace holo::image::deep
