// The status page: what this process is doing right now, in lock-free memory that a signal handler
// and, for isolated jobs, the parent process can read after a crash.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace holo::host {

// A short text whose bytes are atomic: a reader may see two writes mixed, never anything unsafe.
template <std::size_t N>
class StatusText {
 public:
  void set(std::string_view text) noexcept {
    const std::size_t size = text.size() < N ? text.size() : N - 1;
    for (std::size_t i = 0; i < size; ++i) bytes_[i].store(text[i], std::memory_order_relaxed);
    bytes_[size].store('\0', std::memory_order_relaxed);
  }
  // Copies into `out`, which holds N bytes; always NUL-terminated.
  void copy(char* out) const noexcept {
    for (std::size_t i = 0; i < N; ++i) out[i] = bytes_[i].load(std::memory_order_relaxed);
    out[N - 1] = '\0';
  }

 private:
  std::array<std::atomic<char>, N> bytes_{};
};

// A temporary file that must go if this process crashes.
struct StatusFile {
  static constexpr std::size_t kPathSize = 1024;
  std::atomic<std::uint32_t> state{0};  // 0 free, 1 being written, 2 in use
  StatusText<kPathSize> path;
};

struct JobStatus {
  std::atomic<std::uint64_t> magic{0};
  std::atomic<std::int32_t> plugin_calls{0};  // > 0: a plugin is running
  std::atomic<std::int32_t> unit_kind{0};     // HOLO_PICTURE and so on; 0 unknown
  std::atomic<std::int64_t> unit{-1};
  StatusText<32> phase;
  StatusText<64> plugin;
  std::array<StatusFile, 16> files;
};
static_assert(std::atomic<std::int64_t>::is_always_lock_free &&
              std::atomic<char>::is_always_lock_free);

// The page of this process: its own memory, or a shared page once adopted.
JobStatus& job_status() noexcept;
// From now on `page` (mapped for the life of the process) is the page. Call before any job begins.
void use_job_status(JobStatus* page) noexcept;

// Registers temporary files of AtomicFile on the page.
void track_temporary_files();
// Removes the files that the page names. Async-signal-safe.
void remove_tracked_files(JobStatus& page) noexcept;

// Marks that a plugin is running, for as long as it lives. `plugin` is an alias.
class PluginCall {
 public:
  PluginCall(std::string_view plugin, std::int32_t unit_kind, std::int64_t unit) noexcept;
  ~PluginCall();
  PluginCall(const PluginCall&) = delete;
  PluginCall& operator=(const PluginCall&) = delete;
};

// "plugin rle crashed (SIGSEGV) in encode, frame 12", or "holohost crashed ..." when no plugin was
// running. Writes at most `size` bytes with a NUL and returns the length. Async-signal-safe.
std::size_t describe_crash(const JobStatus& page, const char* signal, char* out,
                           std::size_t size) noexcept;

}  // namespace holo::host
