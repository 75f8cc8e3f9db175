// The state in which a tile's contexts start.
#pragma once

#include "plugins/holo-image/block_syntax.hpp"

namespace holo::image {

// Trained on photographs, by band of quality; the same for every tile of that quality.
[[nodiscard]] Contexts starting_contexts(int quality);

}  // namespace holo::image
