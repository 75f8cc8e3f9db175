// One file over HTTPS, whole or not at all, gone on with where it stopped.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/result.hpp"
#include "core/lm/fetch.hpp"

namespace holo::lm {

struct Download {
  std::string url;
  std::string path;        // where the file appears
  std::string name;        // for progress and messages
  std::uint64_t most = 0;  // bytes
};

// Nothing if the server has no such file (404).
Result<std::optional<FetchedFile>> download(const Download& what, const FetchOptions& options);

}  // namespace holo::lm
