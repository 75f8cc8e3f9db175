// Learns how a tile's models should start: how often photographs have each symbol in them.
#pragma once

#include <cstdint>
#include <vector>

#include "plugins/holo-image/fast/train/ppm.hpp"

namespace holo::image::fast {

// The kContextBands * kOddsCount odds that context_table.inc holds. Encodes each picture three
// times a band.
[[nodiscard]] std::vector<std::uint8_t> train_contexts(const std::vector<PpmPicture>& pictures);

}  // namespace holo::image::fast
