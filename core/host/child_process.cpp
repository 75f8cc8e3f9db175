// A child process with captured streams and a time limit.
#include "core/host/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "core/host/job.hpp"

namespace holo::host {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kLongestAnswer = 8 << 20;
constexpr std::size_t kErrorTail = 4096;
constexpr int kTick = 20;  // milliseconds between looks at the child
constexpr int kNotStarted = 127;
constexpr int kMostBlocks = 256;  // read from a pipe before the clock is looked at again

class Pipe {
 public:
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  bool open() { return ::pipe2(ends_.data(), O_CLOEXEC) == 0; }
  void close_end(std::size_t end) {
    if (ends_[end] >= 0) ::close(std::exchange(ends_[end], -1));
  }
  [[nodiscard]] int end(std::size_t which) const { return ends_[which]; }
  // Reads what is there, though not for ever: a child may write as fast as it is read. False once
  // the other side is closed.
  bool drain(std::string& into, std::size_t keep_tail) {
    std::array<char, 4096> block;
    for (int blocks = 0; blocks < kMostBlocks; ++blocks) {
      const ssize_t got = ::read(ends_[0], block.data(), block.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return errno == EAGAIN;
      if (got == 0) return false;
      if (keep_tail > 0 || into.size() < kLongestAnswer) {
        into.append(block.data(), static_cast<std::size_t>(got));
      }
      if (keep_tail > 0 && into.size() > keep_tail) into.erase(0, into.size() - keep_tail);
    }
    return true;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

// Between fork and exec: async-signal-safe calls only.
[[noreturn]] void become(char* const* argv, int answer, int errors, int answer_fd) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int empty = ::open("/dev/null", O_RDONLY);
  // Lifted above the numbers that dup2 is about to overwrite.
  const int answer_high = ::fcntl(answer, F_DUPFD_CLOEXEC, 16);
  const int errors_high = ::fcntl(errors, F_DUPFD_CLOEXEC, 16);
  if (::dup2(empty, STDIN_FILENO) < 0 || ::dup2(errors_high, STDOUT_FILENO) < 0 ||
      ::dup2(errors_high, STDERR_FILENO) < 0 || ::dup2(answer_high, answer_fd) < 0) {
    ::_exit(kNotStarted);
  }
  ::execv(argv[0], argv);
  ::_exit(kNotStarted);
}

bool reap(pid_t child, ChildOutcome& outcome, int flags) {
  int status = 0;
  pid_t got = 0;
  do {
    got = ::waitpid(child, &status, flags);
  } while (got < 0 && errno == EINTR);
  if (got == 0) return false;
  if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) outcome.signal = WTERMSIG(status);
  return true;
}

}  // namespace

void expect_children() {
  struct sigaction now {};
  ::sigaction(SIGCHLD, nullptr, &now);
  const bool kept = (now.sa_flags & SA_NOCLDWAIT) == 0;
  if (!kept || ((now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == SIG_IGN)) {
    ::signal(SIGCHLD, SIG_DFL);
  }
}

Result<ChildOutcome> run_child(const std::vector<std::string>& argv, int answer_fd,
                               int timeout_ms) {
  Pipe answer;
  Pipe errors;
  if (!answer.open() || !errors.open()) {
    return make_error(HOLO_IO, std::string("cannot make a pipe: ") + std::strerror(errno));
  }
  std::vector<char*> arguments;
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  expect_children();
  const pid_t child = ::fork();
  if (child < 0) {
    return make_error(HOLO_IO, std::string("cannot start a process: ") + std::strerror(errno));
  }
  if (child == 0) become(arguments.data(), answer.end(1), errors.end(1), answer_fd);
  answer.close_end(1);
  errors.close_end(1);
  for (const Pipe* pipe : {&answer, &errors}) ::fcntl(pipe->end(0), F_SETFL, O_NONBLOCK);

  ChildOutcome outcome;
  const auto deadline = Clock::now() + std::chrono::milliseconds(timeout_ms);
  bool ended = false;
  bool cancelled = false;
  bool answer_open = true;
  bool errors_open = true;
  while (!ended) {
    std::array<pollfd, 2> waiting = {pollfd{answer_open ? answer.end(0) : -1, POLLIN, 0},
                                     pollfd{errors_open ? errors.end(0) : -1, POLLIN, 0}};
    // With both pipes closed the child is about to end: look often.
    ::poll(waiting.data(), waiting.size(), answer_open || errors_open ? kTick : 1);
    if (answer_open) answer_open = answer.drain(outcome.answer, 0);
    if (errors_open) errors_open = errors.drain(outcome.errors, kErrorTail);
    ended = reap(child, outcome, WNOHANG);
    cancelled = !ended && Job::cancelled();
    outcome.timed_out = !ended && Clock::now() >= deadline;
    if (outcome.timed_out || cancelled) {
      ::kill(-child, SIGKILL);
      ::kill(child, SIGKILL);
      reap(child, outcome, 0);
      break;
    }
  }
  // What it wrote last; a grandchild may keep the pipes open, so only what is there.
  if (answer_open) answer.drain(outcome.answer, 0);
  if (errors_open) errors.drain(outcome.errors, kErrorTail);
  if (cancelled) return make_error(HOLO_CANCELLED, "cancelled while a plugin was being examined");
  if (outcome.exit_code == kNotStarted && outcome.answer.empty() && outcome.errors.empty()) {
    return make_error(HOLO_IO, "cannot run " + argv[0]);
  }
  return outcome;
}

}  // namespace holo::host
