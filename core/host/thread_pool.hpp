// The worker threads of a job and the one loop they run.
#pragma once

#include <cstdint>
#include <memory>

#include <holo/abi/host.h>

namespace holo::host {

// holo_host.parallel_for: the caller takes part as a worker, the lowest index that fails wins,
// nested loops run serially under the worker number of the body they are in. A second loop from
// another thread while one is running is run by its caller alone. Threads start with the first
// loop.
class ThreadPool {
 public:
  explicit ThreadPool(std::uint32_t workers);  // >= 1, the caller included
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  [[nodiscard]] std::uint32_t workers() const;
  holo_status parallel_for(std::uint64_t count, void* user, holo_loop_body body) noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace holo::host
