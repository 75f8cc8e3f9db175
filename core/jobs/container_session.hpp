// An opened .holo or .holovid file with the codec that renders it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/host/codec_session.hpp"
#include "core/host/job.hpp"
#include "core/host/registry.hpp"
#include "core/jobs/input.hpp"

namespace holo::jobs {

// Finds the decoder by the format id that the file states, not by its name. Everything is owned.
struct ContainerSession {
  // `decoder` empty: by format. `params`: the decoder's own options.
  static Result<ContainerSession> open(host::Registry& registry, host::Job& job, Input input,
                                       const std::string& decoder,
                                       const std::vector<host::KeyValue>& params);

  Input input;
  std::unique_ptr<ContainerReader> reader;
  const host::ComponentInfo* codec = nullptr;
  std::unique_ptr<host::DecoderSession> decoder;
};

}  // namespace holo::jobs
