// A job in a process of its own: parent and worker share one status page in a memory file.
#include "core/host/isolate.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include "core/host/checks.hpp"
#include "core/host/child_process.hpp"
#include "core/host/crash_handler.hpp"
#include "core/host/job_status.hpp"
#include "core/host/registry.hpp"

namespace holo::host {
namespace {

constexpr const char* kVariable = "HOLOHOST_WORKER";
constexpr std::uint64_t kPageMagic = 0x686F6C6F70616765;
constexpr int kCancelledExitCode = 130;
constexpr int kNotStarted = 127;
constexpr std::array<int, 3> kPassedOn = {SIGINT, SIGTERM, SIGHUP};

bool worker = false;
std::atomic<pid_t> running_worker{0};
static_assert(std::atomic<pid_t>::is_always_lock_free);

// A terminal sends its signals to the worker too, so only those of other processes are passed on.
extern "C" void pass_on(int number, siginfo_t* info, void*) {
  const int saved = errno;
  const pid_t child = running_worker.load();
  if (child > 0 && info->si_code <= 0) ::kill(child, number);
  errno = saved;
}

// Passes signals on for as long as it lives.
class SignalRelay {
 public:
  SignalRelay() {
    struct sigaction action {};
    action.sa_sigaction = pass_on;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    ::sigemptyset(&action.sa_mask);
    for (std::size_t i = 0; i < kPassedOn.size(); ++i) {
      ::sigaction(kPassedOn[i], &action, &before_[i]);
    }
  }
  ~SignalRelay() {
    running_worker = 0;
    for (std::size_t i = 0; i < kPassedOn.size(); ++i) {
      ::sigaction(kPassedOn[i], &before_[i], nullptr);
    }
  }
  SignalRelay(const SignalRelay&) = delete;
  SignalRelay& operator=(const SignalRelay&) = delete;

 private:
  std::array<struct sigaction, kPassedOn.size()> before_{};
};

JobStatus* map_page(int descriptor) {
  void* page =
      ::mmap(nullptr, sizeof(JobStatus), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  return page == MAP_FAILED ? nullptr : static_cast<JobStatus*>(page);
}

class SharedPage {
 public:
  ~SharedPage() {
    if (page_ != nullptr) ::munmap(page_, sizeof(JobStatus));
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Status open() {
    descriptor_ = ::memfd_create("holohost-status", MFD_CLOEXEC);
    if (descriptor_ >= 0 && ::ftruncate(descriptor_, sizeof(JobStatus)) == 0) {
      page_ = map_page(descriptor_);
    }
    if (page_ == nullptr) {
      return make_error(HOLO_IO, std::string("cannot make a status page: ") + std::strerror(errno));
    }
    new (page_) JobStatus;
    page_->magic = kPageMagic;
    return {};
  }
  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] JobStatus& page() const { return *page_; }

 private:
  int descriptor_ = -1;
  JobStatus* page_ = nullptr;
};

int judge_signal(int number, JobStatus& page) {
  remove_tracked_files(page);
  for (const int request : kPassedOn) {
    if (number == request) return kCancelledExitCode;
  }
  const std::string name =
      number == SIGKILL ? "SIGKILL, perhaps for lack of memory" : signal_name(number);
  std::array<char, 512> line{};
  describe_crash(page, name.c_str(), line.data(), line.size());
  std::fprintf(stderr, "holohost: %s\n", printable(line.data()).c_str());
  return kCrashExitCode;
}

}  // namespace

Result<int> run_isolated(const std::vector<std::string>& words) {
  SharedPage shared;
  HOLO_TRY(shared.open());
  const std::string executable = executable_path().string();
  std::vector<char*> arguments = {const_cast<char*>(executable.c_str())};
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) variables.emplace_back(*entry);
  variables.push_back(std::string(kVariable) + "=" + std::to_string(shared.descriptor()));
  std::vector<char*> environment;
  for (std::string& entry : variables) environment.push_back(entry.data());
  environment.push_back(nullptr);

  expect_children();
  const SignalRelay relay;
  // A request that comes while the worker has no number yet waits until it can be passed on.
  sigset_t requests;
  sigset_t mask_before;
  ::sigemptyset(&requests);
  for (const int number : kPassedOn) ::sigaddset(&requests, number);
  ::sigprocmask(SIG_BLOCK, &requests, &mask_before);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) {
    const int number = errno;
    ::sigprocmask(SIG_SETMASK, &mask_before, nullptr);
    return make_error(HOLO_IO, std::string("cannot start a process: ") + std::strerror(number));
  }
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(kNotStarted);
    for (const int number : kPassedOn) ::signal(number, SIG_DFL);
    ::sigprocmask(SIG_SETMASK, &mask_before, nullptr);
    ::fcntl(shared.descriptor(), F_SETFD, 0);
    ::execve(arguments[0], arguments.data(), environment.data());
    ::_exit(kNotStarted);
  }
  running_worker = child;
  ::sigprocmask(SIG_SETMASK, &mask_before, nullptr);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) {
      return make_error(HOLO_IO, std::string("lost the worker: ") + std::strerror(errno));
    }
  }
  running_worker = 0;
  if (WIFSIGNALED(status)) return judge_signal(WTERMSIG(status), shared.page());
  if (WEXITSTATUS(status) == kNotStarted) return make_error(HOLO_IO, "cannot run " + executable);
  return WEXITSTATUS(status);
}

void adopt_worker_status() {
  const char* text = ::secure_getenv(kVariable);
  if (text == nullptr) return;
  int descriptor = -1;
  const char* end = text + std::strlen(text);
  const bool parsed = std::from_chars(text, end, descriptor).ptr == end && descriptor > 2;
  ::unsetenv(kVariable);  // a worker's own children are no workers of its parent
  struct stat status {};
  if (!parsed || ::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode) ||
      status.st_size != static_cast<off_t>(sizeof(JobStatus))) {
    return;
  }
  JobStatus* page = map_page(descriptor);
  if (page == nullptr) return;
  if (page->magic != kPageMagic) {
    ::munmap(page, sizeof(JobStatus));
    return;
  }
  ::close(descriptor);
  use_job_status(page);
  worker = true;
}

bool is_isolated_worker() noexcept { return worker; }

}  // namespace holo::host
