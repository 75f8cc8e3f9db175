// The model of a session in LibTorch, for what needs derivatives.
#pragma once

#include <memory>

#include "apps/holohost/lm/lm_session.hpp"
#include "core/lm/torch_module.hpp"

namespace holo::cli {

// "cpu" or "cuda:0", as --device says, and the threads of -j.
lm::TorchOptions torch_options(const host::Job& job);
// Loads LibTorch. The weights come from the session's folder, or from --weights.
Result<std::unique_ptr<lm::TorchModel>> open_torch_model(const Arguments& arguments,
                                                         const LmSession& session);

}  // namespace holo::cli
