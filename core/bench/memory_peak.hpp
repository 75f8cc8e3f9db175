// The most memory that a stretch of code holds at once, as the kernel sees it.
#pragma once

#include <cstdint>
#include <optional>

namespace holo::bench {

// Counts the growth of this process's resident memory above what it held at the start. Memory that
// was freed before is given back first, so that it cannot be used unseen.
class MemoryPeak {
 public:
  MemoryPeak();
  // Bytes; empty where the kernel does not tell.
  [[nodiscard]] std::optional<std::uint64_t> bytes() const;

 private:
  std::optional<std::uint64_t> start_;
};

}  // namespace holo::bench
