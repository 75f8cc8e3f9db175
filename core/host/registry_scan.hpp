// The scan behind Registry::open: every plugin file on the search path, with its state.
#pragma once

#include <vector>

#include "core/host/registry.hpp"

namespace holo::host {

// In search order. Probes only files that the cache does not know, and fills the cache.
std::vector<PluginRecord> scan_plugins(const RegistryOptions& options);

}  // namespace holo::host
