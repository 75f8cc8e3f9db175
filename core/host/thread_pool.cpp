// The worker threads of a job and the one loop they run.
#include "core/host/thread_pool.hpp"

#include <signal.h>
#include <algorithm>
#include <atomic>
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
  std::mutex mutex;
  std::condition_variable wake;
  std::condition_variable done;
  Loop* loop = nullptr;
  std::uint64_t generation = 0;
  std::uint32_t busy = 0;
  bool stop = false;
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
    std::unique_lock lock(mutex);
    for (;;) {
      wake.wait(lock, [&] { return stop || (loop != nullptr && generation != seen); });
      if (stop) return;
      seen = generation;
      Loop* mine = loop;
      ++busy;
      lock.unlock();
      inside = {this, worker};
      mine->work(worker);
      inside = {};
      lock.lock();
      if (--busy == 0) done.notify_all();
    }
  }
};

ThreadPool::ThreadPool(std::uint32_t workers) : state_(std::make_unique<State>()) {
  state_->workers = std::max(workers, 1u);
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stop = true;
  }
  state_->wake.notify_all();
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
  {
    const std::lock_guard lock(state.mutex);
    state.loop = &loop;
    ++state.generation;
  }
  state.wake.notify_all();
  const Inside before = inside;
  inside = {&state, 0};
  loop.work(0);
  inside = before;
  std::unique_lock lock(state.mutex);
  state.loop = nullptr;  // late wakers find nothing
  state.done.wait(lock, [&state] { return state.busy == 0; });
  return loop.failure;
}

}  // namespace holo::host
