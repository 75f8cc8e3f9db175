// A patch of exact rows that counts what it has alive and writes down how it is called.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/host/patch_session.hpp"
#include "core/lm/model.hpp"

namespace holo::lm::test {

struct Watch {
  std::vector<std::string> calls;  // "tokens 32", "rows h.0.k 32x40", "loss h.0.k 32x40", "fit"
  std::vector<float> rows;         // of all calibrate calls, in their order
  std::vector<float> gradients;
  int caches = 0;  // alive
  int active = 0;
  int patches = 0;
};

// Attached to K and V of every layer from `first_layer` on. `watch` outlives it.
std::shared_ptr<host::PatchSession> watched_patch(const Model& model, Watch& watch,
                                                  std::int32_t first_layer = 0);

}  // namespace holo::lm::test
