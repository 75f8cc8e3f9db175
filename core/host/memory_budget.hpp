// Memory that counts against a limit: what plugins get from holo_host.allocate.
#pragma once

#include <atomic>
#include <cstdint>

namespace holo::host {

class MemoryBudget {
 public:
  explicit MemoryBudget(std::uint64_t limit) : limit_(limit) {}  // bytes; 0: no limit

  // `alignment` is a power of two, at most 4096. NULL past the limit. Thread-safe.
  void* allocate(std::uint64_t size, std::uint64_t alignment) noexcept;
  // Takes what allocate gave, or NULL. False if it is plainly something else.
  bool deallocate(void* pointer) noexcept;

  [[nodiscard]] std::uint64_t held() const { return held_.load(); }
  [[nodiscard]] std::uint64_t peak() const { return peak_.load(); }

 private:
  bool take(std::uint64_t size) noexcept;

  const std::uint64_t limit_;
  std::atomic<std::uint64_t> held_{0};
  std::atomic<std::uint64_t> peak_{0};
};

}  // namespace holo::host
