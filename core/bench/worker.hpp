// A piece of work in a process of its own: what it holds and what it breaks goes with it.
#pragma once

#include <sys/types.h>
#include <functional>
#include <optional>
#include <string>

#include "core/base/result.hpp"

namespace holo::bench {

class Worker {
 public:
  // Starts a copy of this process that runs `body`, hands its text over and ends. To be called
  // while this process has one thread.
  static Result<Worker> start(const std::function<std::string()>& body);
  Worker(Worker&& other) noexcept;
  Worker& operator=(Worker&& other) noexcept;
  ~Worker();  // ends the process if it still runs

  [[nodiscard]] int descriptor() const { return descriptor_; }  // to poll for reading
  // Takes what has come. Empty: there is more to come. The text at the end; an error says how the
  // process ended if not by itself.
  std::optional<Result<std::string>> take();
  // Asks the process to end, and waits for it up to two seconds.
  void interrupt();

 private:
  Worker() = default;
  pid_t process_ = -1;
  int descriptor_ = -1;
  std::string text_;
};

// Runs `body` in a worker, waits for it, and gives back its value or its message.
Result<std::string> in_worker(const std::function<Result<std::string>()>& body);

}  // namespace holo::bench
