// Where an encoder's chunks go: the plugin's side is a holo_sink, the host's side a
// ContainerWriter.
#pragma once

#include <cstdint>
#include <memory>

#include <holo/abi/host.h>

#include "core/base/unit.hpp"
#include "core/container/container.hpp"

namespace holo::host {

class Sink {
 public:
  // Each chunk counts its payload and kChunkCharge bytes against `budget`.
  static constexpr std::uint64_t kChunkCharge = 32;
  Sink(ContainerWriter& writer, const StreamInfo& stream, std::uint64_t budget);
  ~Sink();
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  [[nodiscard]] const holo_sink* view() const;
  // Adds to the budget, up to what fits a number.
  void allow(std::uint64_t bytes);
  // Chunks of this unit may be written from now on.
  Status announce(const UnitInfo& info);
  // Units that got no chunk are announced to the writer, so that the file knows them.
  Status finish();

  // The first failure, whether or not the plugin passed it on; ok if there was none.
  [[nodiscard]] Status failure() const;
  // True if that failure was the plugin's doing, false if the writer's (a full disk).
  [[nodiscard]] bool plugin_at_fault() const;
  [[nodiscard]] std::uint64_t bytes_written() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Copies an error into a record that belongs to the plugin, if there is one, and returns its code.
holo_status give_error(const Error& error, holo_error* record) noexcept;

}  // namespace holo::host
