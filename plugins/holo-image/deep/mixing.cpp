// The tables of the logistic function, from core/entropy, in the shape that the loop reads.
#include "plugins/holo-image/deep/mixing.hpp"

namespace holo::image::deep {

const MixingTables& mixing_tables() {
  static const MixingTables tables = [] {
    MixingTables t{};
    for (std::size_t i = 0; i < t.stretch.size(); ++i)
      t.stretch[i] =
          static_cast<std::int16_t>(entropy::stretch(static_cast<std::uint32_t>(i * 16 + 8)));
    for (std::size_t i = 0; i < t.squash.size(); ++i)
      t.squash[i] =
          static_cast<std::uint16_t>(entropy::squash(static_cast<std::int32_t>(i) - 2048));
    for (std::size_t i = 0; i < t.learning.size(); ++i)
      t.learning[i] = static_cast<std::uint16_t>(655360 / (10 * i + 16));
    return t;
  }();
  return tables;
}

}  // namespace holo::image::deep
