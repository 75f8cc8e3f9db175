// Render: one region of one unit, from no more bytes than it needs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/host/job.hpp"
#include "core/host/registry.hpp"

namespace holo::jobs {

struct RenderOptions {
  std::string input;
  std::string output;  // a picture
  std::string format;  // overrides the output's extension
  std::string decoder;
  std::vector<host::KeyValue> params;
  std::int32_t x = 0, y = 0, width = 0, height = 0;  // width 0: the whole
  std::uint64_t frame = 0;
  std::optional<double> seconds;  // FRAME: instead of a frame number
  std::int32_t components = 0;    // 0: all
  bool overwrite = false;
};

struct RenderReport {
  std::uint64_t bytes_read = 0;  // of the file: header, index and the chunks that were needed
  std::uint64_t file_bytes = 0;
  std::int64_t microseconds = 0;  // from the opened file to the rendered samples
  std::int32_t width = 0;
  std::int32_t height = 0;
  std::uint64_t unit = 0;
};

Result<RenderReport> render(host::Registry& registry, host::Job& job, const RenderOptions& options);

}  // namespace holo::jobs
