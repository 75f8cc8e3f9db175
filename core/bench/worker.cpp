// fork, a pipe, and the judgement of how a child ended.
#include "core/bench/worker.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "core/host/checks.hpp"
#include "core/host/child_process.hpp"
#include "core/host/crash_handler.hpp"

namespace holo::bench {

namespace {

constexpr char kComplete = '.';  // the last byte of a text that is all there

bool write_all(int descriptor, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t count = ::write(descriptor, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    done += static_cast<std::size_t>(count);
  }
  return true;
}

[[noreturn]] void run_child(const std::function<std::string()>& body, int descriptor) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  int code = 1;
  try {
    if (write_all(descriptor, body() + kComplete)) code = 0;
  } catch (...) {
    // No text arrives, and the parent says so.
  }
  // Neither destructors nor buffers of the parent's are this process's business.
  ::_exit(code);
}

Error ended(int status) {
  if (WIFSIGNALED(status)) {
    const int number = WTERMSIG(status);
    return make_error(HOLO_INTERNAL,
                      number == SIGKILL ? std::string("the process was killed, perhaps for lack of "
                                                      "memory")
                                        : "the codec crashed: " + host::signal_name(number));
  }
  return make_error(HOLO_INTERNAL,
                    WEXITSTATUS(status) == host::kCrashExitCode
                        ? std::string("the codec crashed")
                        : "the process ended with code " + std::to_string(WEXITSTATUS(status)));
}

}  // namespace

Result<Worker> Worker::start(const std::function<std::string()>& body) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return make_error(HOLO_IO, std::string("cannot make a pipe: ") + std::strerror(errno));
  }
  host::expect_children();
  const pid_t process = ::fork();
  if (process == 0) {
    ::close(ends[0]);
    run_child(body, ends[1]);
  }
  const int failure = errno;
  ::close(ends[1]);
  if (process < 0) {
    ::close(ends[0]);
    return make_error(HOLO_IO, std::string("cannot start a process: ") + std::strerror(failure));
  }
  Worker worker;
  worker.process_ = process;
  worker.descriptor_ = ends[0];
  return worker;
}

Worker::Worker(Worker&& other) noexcept
    : process_(std::exchange(other.process_, -1)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      text_(std::move(other.text_)) {}

Worker& Worker::operator=(Worker&& other) noexcept {
  std::swap(process_, other.process_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(text_, other.text_);
  return *this;
}

Worker::~Worker() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void Worker::interrupt() {
  if (process_ <= 0) return;
  ::kill(process_, SIGTERM);
  // Time to remove what it keeps in temporary files.
  for (int waited = 0; waited < 200; ++waited) {
    if (::waitpid(process_, nullptr, WNOHANG) != 0) {
      process_ = -1;
      return;
    }
    ::usleep(10000);
  }
}

std::optional<Result<std::string>> Worker::take() {
  char block[4096];
  const ssize_t count = ::read(descriptor_, block, sizeof block);
  if (count < 0 && errno == EINTR) return std::nullopt;
  if (count > 0) {
    text_.append(block, static_cast<std::size_t>(count));
    return std::nullopt;
  }
  int status = 0;
  while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  process_ = -1;
  const bool complete =
      WIFEXITED(status) && WEXITSTATUS(status) == 0 && !text_.empty() && text_.back() == kComplete;
  if (!complete) return Result<std::string>(ended(status));
  text_.pop_back();
  return Result<std::string>(std::move(text_));
}

Result<std::string> in_worker(const std::function<Result<std::string>()>& body) {
  HOLO_ASSIGN(Worker worker, Worker::start([&body] {
                const Result<std::string> result = body();
                return result ? "=" + *result : "!" + result.error().message;
              }));
  for (;;) {
    auto answer = worker.take();
    if (!answer) continue;
    if (!*answer) return std::move(*answer).error();
    const std::string& text = **answer;
    if (!text.empty() && text[0] == '=') return text.substr(1);
    return make_error(HOLO_INTERNAL, text.empty() ? "no answer" : text.substr(1));
  }
}

}  // namespace holo::bench
