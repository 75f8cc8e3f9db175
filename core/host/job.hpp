// A job: what one encode, decode, render or analysis runs in. Owns the threads, carries progress
// and cancellation, counts memory, and presents itself to plugins as a holo_host table.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <holo/abi/host.h>

#include "core/base/result.hpp"

namespace holo::host {

// Told about progress from any thread, at most about ten times a second.
struct ProgressUpdate {
  std::string_view phase;  // "encode"
  std::uint64_t units_done = 0;
  std::uint64_t units_total = 0;  // 0: unknown
  double unit_fraction = 0;       // of the unit in work
  double seconds = 0;             // since the job began
};

struct JobOptions {
  int jobs = 0;                    // worker threads; 0: one per core
  std::uint64_t memory_limit = 0;  // bytes that plugins may hold through the host; 0: no limit
  DLDevice device{kDLCPU, 0};
  std::function<void(const ProgressUpdate&)> on_progress;
  std::function<void(int level, std::string_view message)> on_log;
};

// Parses "cpu", "cuda", "cuda:1", "auto". "auto" is CUDA if a plugin and a device offer it, else
// the CPU; asking for CUDA where there is none is an error that says so.
Result<DLDevice> parse_device(std::string_view text);

class Job {
 public:
  explicit Job(JobOptions options);
  ~Job();
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  // The table for plugins; valid as long as the job.
  [[nodiscard]] const holo_host* host() const;
  [[nodiscard]] const holo_exec* exec() const;
  [[nodiscard]] int workers() const;
  [[nodiscard]] std::uint64_t memory_held() const;  // bytes that plugins hold through the host now
  [[nodiscard]] std::uint64_t memory_peak() const;  // the most they ever held

  // The phase and unit that messages, progress and crash reports name.
  void begin_phase(std::string_view phase, std::uint64_t units_total);
  void begin_unit(std::uint64_t index);
  void finish_phase();

  // CANCELLED once cancel_all() was called.
  [[nodiscard]] Status check_cancelled() const;
  void log(int level, std::string_view message) const;

  // Async-signal-safe: every job of the process stops soon.
  static void cancel_all() noexcept;
  [[nodiscard]] static bool cancelled() noexcept;
  // Forgets the request, for a process that goes on with its next job (a chat, a batch).
  static void reset_cancelled() noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace holo::host
