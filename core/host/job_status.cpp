// The status page: what this process is doing right now.
#include "core/host/job_status.hpp"

#include <unistd.h>
#include <cstring>

#include "core/base/temporary_files.hpp"
#include "core/host/checks.hpp"

namespace holo::host {
namespace {

constinit JobStatus own_page;
constinit std::atomic<JobStatus*> current_page{&own_page};

void file_created(const char* path) {
  // A path that is cut would name another file.
  if (std::strlen(path) >= StatusFile::kPathSize) return;
  for (StatusFile& file : job_status().files) {
    std::uint32_t free = 0;
    if (!file.state.compare_exchange_strong(free, 1)) continue;
    file.path.set(path);
    file.state.store(2);
    return;
  }
}

void file_gone(const char* path) {
  for (StatusFile& file : job_status().files) {
    char known[StatusFile::kPathSize];
    file.path.copy(known);
    std::uint32_t in_use = 2;
    if (file.state.load() == in_use && std::string_view(known) == path) {
      file.state.compare_exchange_strong(in_use, 0);
    }
  }
}

// Appends to a fixed buffer without allocating.
class Line {
 public:
  Line(char* out, std::size_t size) : out_(out), size_(size) {}
  void add(std::string_view text) {
    for (const char c : text) {
      if (length_ + 1 < size_) out_[length_++] = c;
    }
    if (size_ > 0) out_[length_] = '\0';
  }
  void add(std::int64_t number) {
    char digits[24];
    std::size_t count = 0;
    auto rest = static_cast<std::uint64_t>(number < 0 ? 0 : number);
    do {
      digits[count++] = static_cast<char>('0' + rest % 10);
      rest /= 10;
    } while (rest != 0);
    while (count > 0) add(std::string_view(&digits[--count], 1));
  }
  [[nodiscard]] std::size_t length() const { return length_; }

 private:
  char* out_;
  std::size_t size_;
  std::size_t length_ = 0;
};

}  // namespace

JobStatus& job_status() noexcept { return *current_page.load(std::memory_order_acquire); }
void use_job_status(JobStatus* page) noexcept {
  current_page.store(page, std::memory_order_release);
}

void track_temporary_files() { set_temporary_file_observer({file_created, file_gone}); }

void remove_tracked_files(JobStatus& page) noexcept {
  for (StatusFile& file : page.files) {
    if (file.state.load() != 2) continue;
    char path[StatusFile::kPathSize];
    file.path.copy(path);
    ::unlink(path);
  }
}

PluginCall::PluginCall(std::string_view plugin, std::int32_t unit_kind,
                       std::int64_t unit) noexcept {
  JobStatus& page = job_status();
  page.plugin.set(plugin);
  page.unit_kind.store(unit_kind, std::memory_order_relaxed);
  page.unit.store(unit, std::memory_order_relaxed);
  page.plugin_calls.fetch_add(1, std::memory_order_release);
}

PluginCall::~PluginCall() { job_status().plugin_calls.fetch_sub(1, std::memory_order_release); }

std::size_t describe_crash(const JobStatus& page, const char* signal, char* out,
                           std::size_t size) noexcept {
  char plugin[64];
  char phase[32];
  page.plugin.copy(plugin);
  page.phase.copy(phase);
  Line line(out, size);
  if (page.plugin_calls.load(std::memory_order_acquire) > 0 && plugin[0] != '\0') {
    line.add("plugin ");
    line.add(plugin);
  } else {
    line.add("holohost");
  }
  line.add(" crashed (");
  line.add(signal);
  line.add(")");
  if (phase[0] != '\0') {
    line.add(" in ");
    line.add(phase);
  }
  const std::int64_t unit = page.unit.load(std::memory_order_relaxed);
  if (unit >= 0) {
    line.add(", ");
    line.add(unit_noun(page.unit_kind.load(std::memory_order_relaxed)));
    line.add(" ");
    line.add(unit);
  }
  return line.length();
}

}  // namespace holo::host
