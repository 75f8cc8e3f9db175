// The functions behind the table of TestHost. Threads live only inside parallel_for.
#include "sdk/check/test_host.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <thread>

namespace holo_check {
namespace {
thread_local bool in_loop = false;
TestHost& self(void* ctx) { return *static_cast<TestHost*>(ctx); }
}  // namespace

TestHost::TestHost(std::uint32_t workers) {
  table_.host = {sizeof(holo_host), HOLO_ABI_MAJOR, HOLO_ABI_MINOR, workers,   this,          &log,
                 &allocate,         &deallocate,    &parallel_for,  &progress, &get_interface};
}

TestHost::~TestHost() {
  for (const auto& block : blocks_) std::free(block.first);
}

void TestHost::pretend_future() {
  table_.host.struct_size = sizeof table_;
  table_.host.abi_minor = HOLO_ABI_MINOR + 1;
  std::fill(std::begin(table_.future), std::end(table_.future), std::uint8_t{0x5A});
}

void TestHost::violation(const std::string& text) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (violations_.size() < 8) violations_.push_back(text);
}
std::vector<std::string> TestHost::violations() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return violations_;
}
std::uint64_t TestHost::bytes_held() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return held_;
}

void TestHost::log(void* ctx, std::int32_t level, const char* message) {
  if (message == nullptr) return self(ctx).violation("log was called without a text");
  if (level < HOLO_LOG_ERROR || level > HOLO_LOG_DEBUG) {
    self(ctx).violation("log was called with level " + std::to_string(level));
  }
}

void* TestHost::allocate(void* ctx, std::uint64_t size, std::uint64_t alignment) {
  TestHost& host = self(ctx);
  if (alignment == 0 || (alignment & (alignment - 1)) != 0 || alignment > 4096) {
    host.violation("allocate was asked for alignment " + std::to_string(alignment));
    return nullptr;
  }
  const std::lock_guard<std::mutex> lock(host.mutex_);
  if (size > host.limit - std::min(host.limit, host.held_)) return nullptr;
  const std::uint64_t step = std::max<std::uint64_t>(alignment, sizeof(void*));
  void* pointer =
      std::aligned_alloc(step, (std::max<std::uint64_t>(size, 1) + step - 1) / step * step);
  if (pointer == nullptr) return nullptr;
  host.blocks_[pointer] = size;
  host.held_ += size;
  return pointer;
}

void TestHost::deallocate(void* ctx, void* pointer) {
  if (pointer == nullptr) return;
  TestHost& host = self(ctx);
  {
    const std::lock_guard<std::mutex> lock(host.mutex_);
    const auto found = host.blocks_.find(pointer);
    if (found != host.blocks_.end()) {
      host.held_ -= found->second;
      host.blocks_.erase(found);
      std::free(pointer);
      return;
    }
  }
  host.violation("deallocate was called with memory that allocate did not give");
}

holo_status TestHost::parallel_for(void* ctx, std::uint64_t count, void* user,
                                   holo_loop_body body) {
  TestHost& host = self(ctx);
  if (body == nullptr) {
    host.violation("parallel_for was called without a body");
    return HOLO_INVALID_ARG;
  }
  const std::uint64_t threads =
      in_loop ? 1 : std::min<std::uint64_t>(host.table_.host.workers, count);
  if (threads <= 1) {
    for (std::uint64_t i = 0; i < count; ++i) {
      if (const holo_status status = body(user, i, 0); status != HOLO_OK) return status;
    }
    return HOLO_OK;
  }
  std::atomic<std::uint64_t> next{0};
  std::mutex mutex;
  std::uint64_t failed_index = count;
  holo_status failed_status = HOLO_OK;
  const auto work = [&](std::uint32_t worker) {
    in_loop = true;
    for (std::uint64_t i = next++; i < count; i = next++) {
      const holo_status status = body(user, i, worker);
      if (status == HOLO_OK) continue;
      const std::lock_guard<std::mutex> lock(mutex);
      if (i < failed_index) {
        failed_index = i;
        failed_status = status;
      }
      next = count;
    }
    in_loop = false;
  };
  std::vector<std::thread> pool;
  for (std::uint32_t w = 1; w < threads; ++w) pool.emplace_back(work, w);
  work(0);
  for (std::thread& thread : pool) thread.join();
  return failed_status;
}

holo_status TestHost::progress(void* ctx, double fraction, const char*) {
  TestHost& host = self(ctx);
  if (!(fraction >= 0 && fraction <= 1)) {
    host.violation("progress reported " + std::to_string(fraction) + ", expected 0..1");
  }
  const auto call = static_cast<std::int64_t>(host.progress_calls++);
  const std::int64_t limit = host.cancel_after;
  return limit >= 0 && call >= limit ? HOLO_CANCELLED : HOLO_OK;
}

const void* TestHost::get_interface(void*, const char*) { return nullptr; }

}  // namespace holo_check
