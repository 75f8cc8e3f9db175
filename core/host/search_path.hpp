// Where plugins are looked for, in which order, and what counts as a candidate there.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/host/registry.hpp"

namespace holo::host {

// Plugin files in `directory`, sorted: NAME.holo.so, and NAME/NAME.holo.so one level deep.
std::vector<std::filesystem::path> plugin_candidates(const std::filesystem::path& directory);

// Where the registry cache lives; empty if there is no home directory.
std::filesystem::path cache_file();

// Ids and aliases named in HOLOHOST_DISABLE.
std::vector<std::string> disabled_ids();

}  // namespace holo::host
