// What calibration found for one patch, as a .holo file.
#pragma once

#include <string>

#include "core/host/patch_session.hpp"
#include "core/lm/model.hpp"

namespace holo::lm {

// UNSUPPORTED if the patch cannot save. The file names the patch, its version, its
// parameters and the model.
Status save_basis(host::PatchSession& patch, const Model& model, const std::string& path,
                  bool overwrite);
// Into a patch that is attached to `model`. INVALID_ARG if the file is another patch's, or was
// fitted on another model.
Status load_basis(host::PatchSession& patch, const Model& model, const std::string& path);

}  // namespace holo::lm
