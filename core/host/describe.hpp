// What a loaded plugin says about itself, checked field by field.
#pragma once

#include <filesystem>

#include <holo/abi/plugin.h>

#include "core/host/registry.hpp"

namespace holo::host {

// Calls initialise once and reads every descriptor. Path, id, version and so on and the components
// are filled; state is ok. The error says which descriptor breaks which rule. Catches exceptions.
Result<PluginRecord> describe_plugin(const holo_plugin_entry* entry,
                                     const std::filesystem::path& path);

// The table given to initialise: offers log and get_interface only.
const holo_host& process_host();

}  // namespace holo::host
