// Fitting strategies to a model on the text of --calibrate.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "apps/holohost/lm/lm_session.hpp"

namespace holo::cli {

inline constexpr Option kLossOptions[] = {
    {"loss", 0, "sampled|text|none",
     "show strategies what errors cost: labels drawn from the model (default) or the text's"},
};

// All in one pass over the text. The gradients of --loss need LibTorch: where this build or this
// machine has none, asking for them is an error, and the default is "none" with a warning.
Status fit_strategies(const Arguments& arguments, LmSession& session,
                      const std::vector<std::shared_ptr<host::PatchSession>>& patches);
// The same on ids at hand.
Status fit_on(const Arguments& arguments, LmSession& session,
              const std::vector<std::shared_ptr<host::PatchSession>>& patches,
              std::span<const std::int32_t> ids);

}  // namespace holo::cli
