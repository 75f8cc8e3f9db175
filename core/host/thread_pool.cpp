// The worker threads of a job and the one loop they run.
#include "core/host/thread_pool.hpp"

#include <signal.h>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "core/host/crash_handler.hpp"

namespace holo::host {
namespace {

// Which body this thread is in, if any: nested loops must keep its worker number.
struct Inside {
  const void* pool = nullptr;
  std::uint32_t worker = 0;
};
thread_local Inside inside;

// How long a thread looks for news before it sleeps: waking one costs about as much.
constexpr std::chrono::microseconds kSpin{50};

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// True if `condition` came true within kSpin.
template <class Condition>
bool spin_until(Condition&& condition) {
  constexpr int kLooks = 32;  // from one look at the clock to the next
  if (condition()) return true;
  const auto end = std::chrono::steady_clock::now() + kSpin;
  do {
    for (int i = 0; i < kLooks; ++i) {
      pause();
      if (condition()) return true;
    }
  } while (std::chrono::steady_clock::now() < end);
  return false;
}

struct Loop {
  std::uint64_t count = 0;
  std::uint64_t batch = 1;
  void* user = nullptr;
  holo_loop_body body = nullptr;
  std::atomic<std::uint64_t> next{0};
  std::atomic<std::uint64_t> failed_index{UINT64_MAX};
  std::mutex failure_mutex;
  holo_status failure = HOLO_OK;

  void fail(std::uint64_t index, holo_status status) {
    const std::lock_guard lock(failure_mutex);
    if (index >= failed_index.load(std::memory_order_relaxed)) return;
    failed_index.store(index, std::memory_order_relaxed);
    failure = status;
  }

  // Batches are handed out in rising order and each is left only at an index above a failed one, so
  // every index below the lowest failure has run: the result does not depend on timing.
  void work(std::uint32_t worker) {
    for (;;) {
      const std::uint64_t begin = next.fetch_add(batch, std::memory_order_relaxed);
      if (begin >= count) return;
      const std::uint64_t end = std::min(count, begin + batch);
      for (std::uint64_t i = begin; i < end; ++i) {
        if (i > failed_index.load(std::memory_order_relaxed)) return;
        if (const holo_status status = run(i, worker); status != HOLO_OK) fail(i, status);
      }
    }
  }

  holo_status run(std::uint64_t index, std::uint32_t worker) const {
    try {
      return body(user, index, worker);
    } catch (...) {
      return HOLO_INTERNAL;  // a body that throws breaks the contract; nothing may cross
    }
  }
};

}  // namespace

struct ThreadPool::State {
  std::uint32_t workers = 1;
  std::mutex loop_mutex;  // one loop at a time
  // The loop in work, or null. A worker counts itself into `busy` before it looks, and the caller
  // looks at `busy` after it has taken the loop away: one of them sees the other.
  std::atomic<Loop*> loop{nullptr};
  std::atomic<std::uint32_t> busy{0};
  std::atomic<std::uint64_t> generation{0};
  std::atomic<bool> stop{false};
  // For those who wait longer than they spin.
  std::mutex mutex;
  std::condition_variable wake;
  std::condition_variable done;
  std::atomic<std::uint32_t> sleepers{0};
  std::atomic<bool> caller_sleeps{false};
  std::vector<std::thread> threads;

  void start_threads() {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    for (const int fatal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP}) {
      sigdelset(&all, fatal);
    }
    // Signals are for the main thread; workers inherit this mask.
    pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
      while (threads.size() + 1 < workers) {
        const auto worker = static_cast<std::uint32_t>(threads.size() + 1);
        threads.emplace_back([this, worker] { serve(worker); });
      }
    } catch (const std::system_error&) {
      // The system gives no more threads: the loop is complete with those there are.
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  void serve(std::uint32_t worker) {
    const CrashStack crash_stack;
    std::uint64_t seen = 0;
    for (;;) {
      await_generation(seen);
      if (stop) return;
      seen = generation;
      ++busy;
      if (Loop* mine = loop; mine != nullptr) {
        inside = {this, worker};
        mine->work(worker);
        inside = {};
      }
      if (--busy == 0 && caller_sleeps) {
        { const std::lock_guard lock(mutex); }  // the caller is asleep by now, or sees `busy`
        done.notify_all();
      }
    }
  }

  void await_generation(std::uint64_t seen) {
    const auto ready = [&] { return stop || generation != seen; };
    if (spin_until(ready)) return;
    std::unique_lock lock(mutex);
    ++sleepers;
    wake.wait(lock, ready);
    --sleepers;
  }

  void publish(Loop* next) {
    loop = next;
    ++generation;
    wake_sleepers();
  }

  void wake_sleepers() {
    if (sleepers == 0) return;
    { const std::lock_guard lock(mutex); }  // they are asleep by now, or see what has changed
    wake.notify_all();
  }

  // Takes the loop away and waits for those who are still in it.
  void retire() {
    loop = nullptr;
    const auto idle = [this] { return busy == 0; };
    if (spin_until(idle)) return;
    std::unique_lock lock(mutex);
    caller_sleeps = true;
    done.wait(lock, idle);
    caller_sleeps = false;
  }
};

ThreadPool::ThreadPool(std::uint32_t workers) : state_(std::make_unique<State>()) {
  state_->workers = std::max(workers, 1u);
}

ThreadPool::~ThreadPool() {
  state_->stop = true;
  state_->wake_sleepers();
  for (std::thread& thread : state_->threads) thread.join();
}

std::uint32_t ThreadPool::workers() const { return state_->workers; }

holo_status ThreadPool::parallel_for(std::uint64_t count, void* user,
                                     holo_loop_body body) noexcept {
  if (count == 0) return HOLO_OK;
  if (body == nullptr) return HOLO_INVALID_ARG;
  State& state = *state_;
  Loop loop;
  loop.count = count;
  loop.user = user;
  loop.body = body;
  const bool nested = inside.pool == &state;
  const std::uint32_t worker = nested ? inside.worker : 0;
  std::unique_lock exclusive(state.loop_mutex, std::defer_lock);
  if (nested || count == 1 || state.workers == 1 || !exclusive.try_lock()) {
    const Inside before = inside;
    inside = {&state, worker};
    loop.batch = count;
    loop.work(worker);
    inside = before;
    return loop.failure;
  }
  if (state.threads.empty()) state.start_threads();
  loop.batch = std::max<std::uint64_t>(1, count / (std::uint64_t{state.workers} * 64));
  state.publish(&loop);
  const Inside before = inside;
  inside = {&state, 0};
  loop.work(0);
  inside = before;
  state.retire();
  return loop.failure;
}

}  // namespace holo::host
