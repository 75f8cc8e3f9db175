// Which pictures a bench runs over.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace holo::bench {

// Files stay as they are, in their order. Of a folder, the files in it that holohost reads as
// pictures, sorted by name. INVALID_ARG if nothing is left, IO for a path that does not exist.
Result<std::vector<std::string>> find_pictures(const std::vector<std::string>& paths);

}  // namespace holo::bench
