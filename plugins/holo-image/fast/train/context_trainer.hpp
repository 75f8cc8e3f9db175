// Learns how a tile's contexts should start: the state in which photographs leave them.
#pragma once

#include <vector>

#include "plugins/holo-image/fast/train/ppm.hpp"

namespace holo::image {

// kContextBands * kContextCount numbers as context_table.inc holds them: the probability of a one
// in 1/4096 less 2048, or 0 where no picture got. Encodes each picture once a band.
[[nodiscard]] std::vector<int> train_contexts(const std::vector<PpmPicture>& pictures);

}  // namespace holo::image
