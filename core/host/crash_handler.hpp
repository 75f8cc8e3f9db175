// A crash in this process: one line that names the plugin, no half-written files, exit code 70.
#pragma once

namespace holo::host {

inline constexpr int kCrashExitCode = 70;

// Installs handlers for SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT and SIGTRAP, on their own stack,
// so that a stack overflow is reported too. Not in builds with the address sanitizer, whose own
// report says more. `report` false: no line is written, because a parent process writes it.
void install_crash_handler(bool report);

}  // namespace holo::host
