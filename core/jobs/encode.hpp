// Encode: reader, codec, container.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/host/job.hpp"
#include "core/host/registry.hpp"
#include "core/jobs/target.hpp"

namespace holo::jobs {

struct EncodeOptions {
  std::string input;
  std::string output;                        // empty: the input's name with the format's extension
  std::optional<host::ComponentSpec> codec;  // --codec; empty: chosen from output and input
  std::vector<host::KeyValue> params;        // -p, after those of the spec
  bool overwrite = false;
  std::optional<RateTarget> target;  // searches the codec's rate parameter, encoding several times
  std::function<void(int number, const Trial& trial)> on_trial;
};

struct EncodeReport {
  std::uint64_t bytes_in = 0;    // of the input file
  std::uint64_t bytes_out = 0;   // of the output file
  std::uint64_t samples_in = 0;  // bytes of decoded samples
  std::uint64_t units = 0;
  double pixels = 0;  // of all units; 0 for tensors
  double seconds = 0;
  std::string output;
  std::string codec_id;
  std::string codec_version;
  std::string chosen_by;  // "--codec", "the extension .holo", "the input's kind"
  ParamValues params;
  std::optional<TargetReport> target;
  std::vector<std::string> warnings;
};

// The output appears whole or not at all. Same input and parameters, same bytes, for any number of
// threads.
Result<EncodeReport> encode(host::Registry& registry, host::Job& job, const EncodeOptions& options);

// Which codec an encode would use, and its resolved parameters; what `encode --help` shows.
struct CodecChoice {
  const host::ComponentInfo* codec = nullptr;
  std::string chosen_by;
};
Result<CodecChoice> choose_codec(const host::Registry& registry,
                                 const std::optional<host::ComponentSpec>& spec,
                                 std::int32_t media_kind, const std::string& output);

// A component by a name that the user gave; an unknown one is INVALID_ARG.
Result<const host::ComponentInfo*> find_named(const host::Registry& registry,
                                              host::ComponentKind kind, std::string_view name);

// "picture", "video", "tensor", "kv" for a HOLO_* kind.
std::string media_kind_name(std::int32_t kind);
// "gray", "rgb", "ycbcr" for holo_image.model.
std::string image_model_name(std::int32_t model);

}  // namespace holo::jobs
