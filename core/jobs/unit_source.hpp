// The units of any file that holohost reads, in order: what analysis and comparison walk over.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/base/unit.hpp"
#include "core/host/job.hpp"
#include "core/host/registry.hpp"

namespace holo::jobs {

class UnitSource {
 public:
  virtual ~UnitSource() = default;
  [[nodiscard]] virtual const StreamInfo& stream() const = 0;
  // Empty at the end.
  virtual Result<std::optional<UnitBuffer>> next() = 0;
};

// A picture, a video, a tensor file, or a .holo or .holovid file, which is decoded on the way.
// Registry and job outlive the source.
Result<std::unique_ptr<UnitSource>> open_units(host::Registry& registry, host::Job& job,
                                               const std::string& path);

}  // namespace holo::jobs
