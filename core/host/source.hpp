// Where a decoder's bytes come from: the plugin's side is a holo_source, the host's a
// ContainerReader.
#pragma once

#include <memory>

#include <holo/abi/host.h>

#include "core/container/container.hpp"

namespace holo::host {

class Source {
 public:
  explicit Source(ContainerReader& reader);
  ~Source();
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  [[nodiscard]] const holo_source* view() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace holo::host
