// Shows strategies the rows that the model makes of a text, so that they can fit themselves to it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/host/job.hpp"
#include "core/host/patch_session.hpp"
#include "core/lm/model.hpp"

namespace holo::lm {

// Gradients of the model's loss over one text with respect to its rows of keys (before rotation)
// and values: what holo_patch.calibrate_loss is shown.
class GradientSource {
 public:
  virtual ~GradientSource() = default;
  // For the text `ids`: 2 * layers blocks {ids, kv_width} one after the other, keys of layer 0,
  // values of layer 0, keys of layer 1, ...; valid until the next call.
  virtual Result<std::span<const float>> gradients(std::span<const std::int32_t> ids) = 0;
};

// One pass over the text for all patches together, in windows of `window` tokens (0: the model's
// context), then fit. `gradients` may be null. INVALID_ARG if the text has not a whole window.
Status calibrate(const std::shared_ptr<const Model>& model,
                 std::span<const std::shared_ptr<host::PatchSession>> patches,
                 std::span<const std::int32_t> tokens, std::size_t window,
                 GradientSource* gradients, host::Job& job);

}  // namespace holo::lm
