// A job: threads, progress, cancellation and counted memory, as a holo_host table.
#include "core/host/job.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "core/host/checks.hpp"
#include "core/host/job_status.hpp"
#include "core/host/memory_budget.hpp"
#include "core/host/thread_pool.hpp"

namespace holo::host {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::int64_t kUpdateInterval = 100;  // milliseconds

constinit std::atomic<bool> stop_asked{false};
static_assert(std::atomic<bool>::is_always_lock_free);

std::uint32_t worker_count(int jobs) {
  if (jobs > 0) return static_cast<std::uint32_t>(std::min(jobs, 1024));
  return std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace

struct Job::State {
  explicit State(JobOptions given)
      : options(std::move(given)), pool(worker_count(options.jobs)), memory(options.memory_limit) {
    exec.struct_size = sizeof(exec);
    exec.device = options.device;
    host.struct_size = sizeof(host);
    host.abi_major = HOLO_ABI_MAJOR;
    host.abi_minor = HOLO_ABI_MINOR;
    host.workers = pool.workers();
    host.ctx = this;
    host.log = [](void* ctx, std::int32_t level, const char* message) {
      self(ctx).log_of_plugin(level, message);
    };
    host.allocate = [](void* ctx, std::uint64_t size, std::uint64_t alignment) {
      return self(ctx).memory.allocate(size, alignment);
    };
    host.deallocate = [](void* ctx, void* pointer) {
      if (!self(ctx).memory.deallocate(pointer)) {
        self(ctx).log(HOLO_LOG_ERROR, "a plugin freed a pointer that allocate did not give");
      }
    };
    host.parallel_for = [](void* ctx, std::uint64_t count, void* user, holo_loop_body body) {
      return self(ctx).pool.parallel_for(count, user, body);
    };
    host.progress = [](void* ctx, double fraction, const char*) {
      self(ctx).fraction.store(std::isfinite(fraction) ? std::clamp(fraction, 0.0, 1.0) : 0.0,
                               std::memory_order_relaxed);
      self(ctx).update(false);
      return stop_asked.load(std::memory_order_relaxed) ? HOLO_CANCELLED : HOLO_OK;
    };
    host.get_interface = [](void*, const char*) -> const void* { return nullptr; };
  }

  static State& self(void* ctx) { return *static_cast<State*>(ctx); }

  void log(int level, std::string_view message) noexcept {
    if (!options.on_log) return;
    try {
      const std::lock_guard lock(callback_mutex);
      options.on_log(level, message);
    } catch (...) {
      // A failing listener must not stop the work or reach a plugin.
    }
  }

  void log_of_plugin(int level, const char* message) noexcept {
    if (message == nullptr || !options.on_log) return;
    try {
      log(level, printable(message));
    } catch (...) {
      // No memory for the line.
    }
  }

  void update(bool always) noexcept {
    if (!options.on_progress) return;
    const std::int64_t now = milliseconds();
    std::int64_t last = last_update.load(std::memory_order_relaxed);
    if (!always && (now - last < kUpdateInterval ||
                    !last_update.compare_exchange_strong(last, now, std::memory_order_relaxed))) {
      return;
    }
    try {
      const std::lock_guard lock(callback_mutex);
      ProgressUpdate report;
      report.phase = phase;
      report.units_done = units_done.load(std::memory_order_relaxed);
      report.units_total = units_total.load(std::memory_order_relaxed);
      report.unit_fraction = fraction.load(std::memory_order_relaxed);
      report.seconds = static_cast<double>(now) / 1000;
      options.on_progress(report);
    } catch (...) {
      // As in log().
    }
  }

  [[nodiscard]] std::int64_t milliseconds() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began).count();
  }

  const JobOptions options;
  ThreadPool pool;
  MemoryBudget memory;
  holo_host host{};
  holo_exec exec{};
  const Clock::time_point began = Clock::now();
  std::mutex callback_mutex;  // guards the two callbacks and `phase`
  std::string phase;
  std::atomic<std::uint64_t> units_done{0};
  std::atomic<std::uint64_t> units_total{0};
  std::atomic<double> fraction{0};
  std::atomic<std::int64_t> last_update{-kUpdateInterval};
};

Job::Job(JobOptions options) : state_(std::make_unique<State>(std::move(options))) {}
Job::~Job() = default;

const holo_host* Job::host() const { return &state_->host; }
const holo_exec* Job::exec() const { return &state_->exec; }
int Job::workers() const { return static_cast<int>(state_->pool.workers()); }
std::uint64_t Job::memory_held() const { return state_->memory.held(); }
std::uint64_t Job::memory_peak() const { return state_->memory.peak(); }

void Job::begin_phase(std::string_view phase, std::uint64_t units_total) {
  {
    const std::lock_guard lock(state_->callback_mutex);
    state_->phase = phase;
  }
  state_->units_total = units_total;
  state_->units_done = 0;
  state_->fraction = 0;
  job_status().unit.store(-1);
  job_status().phase.set(phase);
  state_->update(true);
}

void Job::begin_unit(std::uint64_t index) {
  state_->units_done = index;
  state_->fraction = 0;
  job_status().unit.store(static_cast<std::int64_t>(index));
  state_->update(false);
}

void Job::finish_phase() {
  if (const std::uint64_t total = state_->units_total; total > 0) state_->units_done = total;
  state_->fraction = 0;
  state_->update(true);
  job_status().phase.set("");
  job_status().unit.store(-1);
}

Status Job::check_cancelled() const {
  if (!cancelled()) return {};
  return make_error(HOLO_CANCELLED, "cancelled; nothing was written");
}

void Job::log(int level, std::string_view message) const { state_->log(level, message); }

void Job::cancel_all() noexcept { stop_asked.store(true, std::memory_order_relaxed); }
void Job::reset_cancelled() noexcept { stop_asked.store(false, std::memory_order_relaxed); }
bool Job::cancelled() noexcept { return stop_asked.load(std::memory_order_relaxed); }

}  // namespace holo::host
