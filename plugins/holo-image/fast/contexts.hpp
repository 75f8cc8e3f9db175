// The state in which a tile's contexts start.
#pragma once

#include <span>

#include "plugins/holo-image/fast/block_syntax.hpp"

namespace holo::image {

inline constexpr int kContextCount = static_cast<int>(sizeof(Contexts) / sizeof(AdaptiveBit));
static_assert(sizeof(Contexts) == kContextCount * sizeof(AdaptiveBit), "contexts and nothing else");

// All contexts of a tile in the order of their declaration, which is that of the shipped table.
[[nodiscard]] inline std::span<AdaptiveBit> all_contexts(Contexts& contexts) {
  return {reinterpret_cast<AdaptiveBit*>(&contexts), std::size_t{kContextCount}};
}

// Each band of quality has its own start: 0..29, 30..49, 50..69, 70..100.
inline constexpr int kContextBands = 4;
[[nodiscard]] constexpr int context_band(int quality) {
  return quality < 30 ? 0 : quality < 50 ? 1 : quality < 70 ? 2 : 3;
}

// Trained on photographs; the same for every tile of that quality. [any thread]
[[nodiscard]] const Contexts& starting_contexts(int quality);

}  // namespace holo::image
