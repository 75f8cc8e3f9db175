// A plugin record as JSON: what a probe answers and what the registry cache stores.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/host/registry.hpp"

namespace holo::host {

nlohmann::json record_to_json(const PluginRecord& record);
// Every field is checked for its type; CORRUPT otherwise. Never throws.
Result<PluginRecord> record_from_json(const nlohmann::json& json);

}  // namespace holo::host
