// Info: what a container says about itself, and what its codec adds.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/container/container.hpp"
#include "core/host/job.hpp"
#include "core/host/registry.hpp"

namespace holo::jobs {

struct InfoReport {
  ContainerHeader header;
  std::string container;
  std::uint32_t container_version = 0;
  std::uint64_t bytes = 0;
  double bits_per_pixel = 0;    // PICTURE, FRAME; 0 else
  double duration_seconds = 0;  // FRAME
  bool intact = true;
  std::string damage;  // why not intact, when a payload failed its check
  std::vector<ChunkEntry> chunks;
  std::vector<UnitInfo> tensors;  // TENSOR, KV
  // From the codec, if it is installed and offers them: "bits_per_weight" and so on.
  std::vector<std::pair<std::string, double>> figures;
  std::vector<std::string> warnings;
};

// `verify` reads every payload and checks it. Works without the codec's plugin.
Result<InfoReport> info(host::Registry& registry, host::Job& job, const std::string& path,
                        bool verify);

}  // namespace holo::jobs
