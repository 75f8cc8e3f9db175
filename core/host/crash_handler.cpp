// A crash in this process: one line that names the plugin, no half-written files, exit code 70.
#include "core/host/crash_handler.hpp"

#include <unistd.h>
#include <array>
#include <csignal>
#include <cstdlib>

#include "core/base/file.hpp"
#include "core/host/job_status.hpp"

namespace holo::host {
namespace {

struct FatalSignal {
  int number;
  const char* name;
};
constexpr std::array<FatalSignal, 6> kFatal = {{{SIGSEGV, "SIGSEGV"},
                                                {SIGBUS, "SIGBUS"},
                                                {SIGFPE, "SIGFPE"},
                                                {SIGILL, "SIGILL"},
                                                {SIGABRT, "SIGABRT"},
                                                {SIGTRAP, "SIGTRAP"}}};
constexpr std::size_t kStackBytes = 64 * 1024;
bool report_line = true;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
#else
constexpr bool kSanitized = false;
#endif

// Only async-signal-safe calls from here on.
extern "C" void handle_crash(int number) {
  const char* name = "unknown signal";
  for (const FatalSignal& fatal : kFatal) {
    if (fatal.number == number) name = fatal.name;
  }
  remove_temporary_files();
  if (report_line) {
    std::array<char, 512> line{};
    std::size_t length = 0;
    for (const char c : {'h', 'o', 'l', 'o', 'h', 'o', 's', 't', ':', ' '}) line[length++] = c;
    length += describe_crash(job_status(), name, line.data() + length, line.size() - length - 1);
    line[length++] = '\n';
    // Nothing can be done if standard error is gone.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), length);
    ::_exit(kCrashExitCode);
  }
  // The parent reads the signal from the wait status.
  ::signal(number, SIG_DFL);
  ::raise(number);
}

}  // namespace

void install_crash_handler(bool report) {
  if (kSanitized) return;
  report_line = report;
  static const auto* main_stack = new CrashStack;  // for the life of the process
  static_cast<void>(main_stack);
  struct sigaction action {};
  action.sa_handler = handle_crash;
  action.sa_flags = SA_ONSTACK | SA_RESETHAND | SA_NODEFER;
  ::sigemptyset(&action.sa_mask);
  for (const FatalSignal& fatal : kFatal) ::sigaction(fatal.number, &action, nullptr);
}

CrashStack::CrashStack() {
  if (kSanitized) return;  // it has set one up itself
  bytes_ = std::make_unique<std::uint8_t[]>(kStackBytes);
  stack_t alternate{};
  alternate.ss_sp = bytes_.get();
  alternate.ss_size = kStackBytes;
  ::sigaltstack(&alternate, nullptr);
}

CrashStack::~CrashStack() {
  if (!bytes_) return;
  stack_t none{};
  none.ss_flags = SS_DISABLE;
  ::sigaltstack(&none, nullptr);
}

}  // namespace holo::host
