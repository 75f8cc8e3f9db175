// Encoding several times until a target is met.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "core/base/file.hpp"
#include "core/jobs/encode.hpp"
#include "core/jobs/input.hpp"

namespace holo::jobs {

// One finished encode whose file has not got its name yet.
struct Encoded {
  std::unique_ptr<AtomicFile> file;
  EncodeReport report;
};
using EncodeOnce = std::function<Result<Encoded>(const ParamValues& params)>;

struct TargetJob {
  host::Registry& registry;
  host::Job& job;
  const EncodeOptions& options;  // with a target
  Input& input;
  const host::ComponentInfo& codec;
  std::int32_t media_kind;
  const std::vector<host::KeyValue>& given;  // what the user set
};

// The best of the trials, by `params` but for the codec's rate parameter. The input is read again
// for every trial, so that it may be larger than memory. INVALID_ARG if the codec has no such
// parameter or the user set it.
Result<Encoded> encode_to_target(const TargetJob& job, const ParamValues& params,
                                 const EncodeOnce& encode_once);

}  // namespace holo::jobs
