// Decode: container, codec, writer. Decoding is rendering every unit.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/host/job.hpp"
#include "core/host/registry.hpp"

namespace holo::jobs {

struct DecodeOptions {
  std::string input;
  std::string output;   // its extension names the target format
  std::string format;   // overrides the extension; needed for "-"
  std::string decoder;  // a codec by name; empty: by the file's format id
  std::vector<host::KeyValue> params;
  std::int32_t components = 0;  // 0: all
  bool overwrite = false;
};

struct DecodeReport {
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t samples_out = 0;  // bytes of decoded samples
  std::uint64_t units = 0;
  double seconds = 0;
  std::string codec_id;
  std::vector<std::string> warnings;
};

Result<DecodeReport> decode(host::Registry& registry, host::Job& job, const DecodeOptions& options);

}  // namespace holo::jobs
