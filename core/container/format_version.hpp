// The version of the container, and what a reader says to a file of another one.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.hpp"

namespace holo::container {

inline constexpr std::uint8_t kContainerVersion = 1;

inline Status check_container_version(std::uint8_t found) {
  if (found == kContainerVersion) return {};
  const std::string versions = "container version " + std::to_string(found) +
                               " found, this build reads version " +
                               std::to_string(kContainerVersion);
  if (found == 0) return make_error(HOLO_CORRUPT, versions + "; the file is damaged");
  return make_error(HOLO_UNSUPPORTED,
                    versions + "; the file was written by a newer holohost, or is damaged: update");
}

}  // namespace holo::container
