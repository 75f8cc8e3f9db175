// `plugins new`: the SDK's template, copied under a new name.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace holo::cli {

// Writes the project and returns the files written. `name` is [a-z][a-z0-9-]*, at most 32 letters.
Result<std::vector<std::string>> write_plugin_project(const std::string& name,
                                                      const std::string& directory, bool force);

}  // namespace holo::cli
