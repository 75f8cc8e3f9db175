// What a sequence holds, for the forward pass.
#pragma once

#include <utility>
#include <vector>

#include "core/lm/sequence.hpp"

namespace holo::lm {

struct Sequence::State {
  State(std::shared_ptr<const Model> of, host::KvSequence caches)
      : model(std::move(of)),
        cache(std::move(caches)),
        residuals(static_cast<std::size_t>(model->config().layers)) {}

  std::shared_ptr<const Model> model;
  host::KvSequence cache;
  std::vector<std::int32_t> tokens;
  // By layer: its input, {positions, hidden}, where a site of it is recomputed from that.
  std::vector<std::vector<float>> residuals;
};

// HOLO_RECOMPUTE_* of the plan at a site.
std::int32_t recompute_from(const host::PatchSet* set, std::int32_t kind, std::int32_t layer);
// True if a key or value site of the layer is recomputed from `source`.
bool recomputes(const host::PatchSet* set, std::int32_t layer, std::int32_t source);

}  // namespace holo::lm
