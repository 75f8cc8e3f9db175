// Asking an unknown plugin file what it is, in a child process that may crash or hang.
#pragma once

#include <filesystem>

#include "core/host/registry.hpp"

namespace holo::host {

// Checks the file's note here, then runs `executable __probe PATH` with a time limit. The record
// says ok, rejected (by the checks before loading) or failed, with the reason. An error says
// nothing of the plugin: the process could not be started, or the user asked to stop.
Result<PluginRecord> probe_plugin(const std::filesystem::path& path,
                                  const std::filesystem::path& executable, int timeout_ms);

}  // namespace holo::host
