// --weights: a model whose tensors come from another file than its folder's.
#pragma once

#include <memory>
#include <string>

#include "apps/holohost/session.hpp"
#include "core/lm/model.hpp"

namespace holo::cli {

// The folder's tensors, or those of --weights FILE: safetensors, or a file that a tensor codec such
// as phi-weights wrote, which is decoded first.
Result<std::unique_ptr<lm::Weights>> open_weights(const Arguments& arguments,
                                                  const std::string& folder,
                                                  host::Registry& registry, host::Job& job);

// The model of the folder's config.json with these tensors.
Result<std::shared_ptr<const lm::Model>> load_model(const Arguments& arguments,
                                                    const std::string& folder,
                                                    const lm::LoadOptions& options,
                                                    host::Registry& registry, host::Job& job);

}  // namespace holo::cli
