// Loading a plugin into this process: once, and for good.
#pragma once

#include <filesystem>
#include <string>

#include "core/host/registry.hpp"

namespace holo::host {

// A plugin in this process. Lives until the process ends.
class LoadedPlugin {
 public:
  const holo_plugin_entry* entry = nullptr;
  PluginRecord record;
};

// Checks the file's note, loads it (RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE), finds the entry and
// reads the descriptors. A second call for the same path gives the same object. Thread-safe.
Result<const LoadedPlugin*> load_plugin(const std::filesystem::path& path);

// States that `owner` needs LibTorch `version` in this process. Two different ones cannot live in
// one process: ABI_MISMATCH names both owners. An empty version is no claim.
Status claim_torch_version(const std::string& version, const std::string& owner);

}  // namespace holo::host
