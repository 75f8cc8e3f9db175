// One encoder or decoder instance behind the boundary: ABI calls in, Result out. Checks every
// struct that a plugin hands over, and names the plugin in every error.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/base/unit.hpp"
#include "core/container/container.hpp"
#include "core/host/job.hpp"
#include "core/host/registry.hpp"

namespace holo::host {

class EncoderSession {
 public:
  // A codec may expand its input, but not without bound: chunks may take this many times the bytes
  // of the samples pushed so far, and `budget` bytes besides. More is NO_MEMORY.
  static constexpr std::uint64_t kExpansion = 2;
  // Chunks go to `writer`. Everything outlives the session.
  static Result<std::unique_ptr<EncoderSession>> create(
      Registry& registry, const ComponentInfo& codec, Job& job, const ParamValues& params,
      const StreamInfo& stream, ContainerWriter& writer, std::uint64_t budget);
  ~EncoderSession();
  Status push(UnitBuffer& unit);
  Status finish();
  [[nodiscard]] std::uint64_t bytes_written() const;

 private:
  EncoderSession();
  struct State;
  std::unique_ptr<State> state_;
};

struct RenderRequest {
  std::uint64_t unit = 0;
  std::int32_t x = 0, y = 0, width = 0, height = 0;  // width 0: the whole
  std::uint64_t row_begin = 0, row_count = 0;        // row_count 0: all rows
  std::int32_t components = 0;                       // 0: all
  bool sequential = false;
};

class DecoderSession {
 public:
  static Result<std::unique_ptr<DecoderSession>> create(Registry& registry,
                                                        const ComponentInfo& codec, Job& job,
                                                        const ParamValues& params,
                                                        ContainerReader& reader);
  ~DecoderSession();
  // Allocates the unit in the shape that the request asks for, at most `byte_limit`, and has it
  // filled. A region outside the image is INVALID_ARG.
  Result<UnitBuffer> render(const RenderRequest& request, std::uint64_t byte_limit);
  Status inspect(const std::function<void(const char* key, double value)>& figure);

 private:
  DecoderSession();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace holo::host
