// What `lm build` makes: a folder that names a model, cache strategies for it, and what calibration
// found for them.
//
// holohost.json: {"schema": 1, "model": PATH, "strategies": [{"kv": SPEC, "bases": [FILE, ...]}]}.
// A relative PATH is relative to the folder. The files lie in the folder, one for each patch of the
// strategy in the order of open_kv.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace holo::lm {

struct BuiltStrategy {
  std::string kv;                  // normalised
  std::vector<std::string> bases;  // file names inside the folder; "" for a patch without
};

struct PatchedFolder {
  std::string folder;                     // empty: a plain model folder
  std::string model;                      // the model folder
  std::vector<BuiltStrategy> strategies;  // the first is the default

  // The strategy with this normalised spec, or null.
  [[nodiscard]] const BuiltStrategy* find(const std::string& kv) const;
};

// Reads DIR/holohost.json; a folder without one is a model folder itself. NOT_FOUND if neither.
Result<PatchedFolder> open_patched_folder(const std::string& folder);
// Writes holohost.json; the bases are there already.
Status write_patched_folder(const PatchedFolder& patched);

}  // namespace holo::lm
