// The folder that 'lm build' and 'train STRATEGY --model' make.
#pragma once

#include <vector>

#include "apps/holohost/lm/lm_session.hpp"

namespace holo::cli {

// IO if -o DIR holds a built model already and -f was not given: asked before the work.
Status check_built_folder(const Arguments& arguments);
// Writes the bases of patches that ask for calibration, then holohost.json.
Result<lm::PatchedFolder> write_built_folder(const Arguments& arguments, const LmSession& session,
                                             const std::vector<lm::KvPatches>& strategies);

}  // namespace holo::cli
