// fork, exec and a pipe on descriptor 3.
#include "sdk/check/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <stdexcept>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HOLO_CHECK_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HOLO_CHECK_SANITIZED 1
#endif
#endif

namespace holo_check {
namespace {

constexpr int kPipe = 3;

[[noreturn]] void become(const std::vector<std::string>& arguments, int pipe_end) {
  if (pipe_end != kPipe) {
    dup2(pipe_end, kPipe);
    close(pipe_end);
  } else {
    fcntl(kPipe, F_SETFD, 0);
  }
  const int null = open("/dev/null", O_RDWR);
  dup2(null, STDIN_FILENO);
  dup2(null, STDOUT_FILENO);
  std::vector<char*> argv;
  for (const std::string& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
  argv.push_back(nullptr);
  execv("/proc/self/exe", argv.data());
  _exit(127);
}

}  // namespace

Ending run_child(const std::vector<std::string>& arguments, double timeout_seconds,
                 const std::function<void(const std::string&)>& line) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe for a child process");
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("no child process");
  if (child == 0) become(arguments, ends[1]);
  close(ends[1]);
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::duration<double>(timeout_seconds);
  std::string buffer;
  Ending ending;
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    pollfd poll_for{ends[0], POLLIN, 0};
    const int ready =
        left.count() > 0
            ? poll(&poll_for, 1, static_cast<int>(std::min<long long>(left.count(), 60000)))
            : 0;
    if (ready == 0 && left.count() <= 0) {
      ending.how = Ending::How::timed_out;
      kill(child, SIGKILL);
      break;
    }
    if (ready <= 0) continue;
    char bytes[4096];
    const ssize_t count = read(ends[0], bytes, sizeof bytes);
    if (count <= 0) break;
    buffer.append(bytes, static_cast<std::size_t>(count));
    for (std::size_t end = buffer.find('\n'); end != std::string::npos; end = buffer.find('\n')) {
      line(buffer.substr(0, end));
      buffer.erase(0, end + 1);
    }
  }
  close(ends[0]);
  // The pipe is closed when the child ends, or when it closes descriptor 3 and goes on.
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > deadline) {
      ending.how = Ending::How::timed_out;
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      break;
    }
    usleep(1000);
  }
  if (ending.how == Ending::How::timed_out) return ending;
  if (WIFSIGNALED(status)) return {Ending::How::killed_by_signal, WTERMSIG(status)};
  return {Ending::How::exited, WEXITSTATUS(status)};
}

void tell_parent(const std::string& line) {
  std::string text = line;
  std::replace(text.begin(), text.end(), '\n', ' ');
  text += '\n';
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t count = write(kPipe, text.data() + at, text.size() - at);
    if (count <= 0) return;
    at += static_cast<std::size_t>(count);
  }
}

void limit_memory(unsigned long long bytes) {
  // A core file of every crash that a damaged file provokes helps nobody.
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
#ifdef HOLO_CHECK_SANITIZED
  (void)bytes;
#else
  unsigned long long held = 0;
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word == "VmData:") status >> held;
  }
  const rlimit limit{held * 1024 + bytes, held * 1024 + bytes};
  setrlimit(RLIMIT_DATA, &limit);
#endif
}

}  // namespace holo_check
