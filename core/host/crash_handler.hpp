// A crash in this process: one line that names the plugin, no half-written files, exit code 70.
#pragma once

#include <cstdint>
#include <memory>

namespace holo::host {

inline constexpr int kCrashExitCode = 70;

// Installs handlers for SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT and SIGTRAP, on their own stack,
// so that a stack overflow is reported too. Not in builds with the address sanitizer, whose own
// report says more. `report` false: no line is written, because a parent process writes it.
void install_crash_handler(bool report);

// The stack on which the calling thread's crash is handled, for as long as it lives: a thread has
// none of its own, and without one its stack overflow ends the process without a word.
class CrashStack {
 public:
  CrashStack();
  ~CrashStack();
  CrashStack(const CrashStack&) = delete;
  CrashStack& operator=(const CrashStack&) = delete;

 private:
  std::unique_ptr<std::uint8_t[]> bytes_;
};

}  // namespace holo::host
