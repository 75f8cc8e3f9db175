// What tells two models apart, for files that belong to one: bases and caches.
#pragma once

#include <cstdint>
#include <vector>

#include "core/lm/model.hpp"

namespace holo::lm {

// 8 bytes of the shape, the embeddings of a few tokens and some weights of every layer, rounded to
// f16, so that the precision a model is held in does not matter.
std::vector<std::uint8_t> fingerprint(const Model& model);

}  // namespace holo::lm
