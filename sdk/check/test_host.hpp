// TestHost: the services of a host, with limits, a stop after so many progress reports, and counts.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include <holo/abi/host.h>

namespace holo_check {

class TestHost {
 public:
  explicit TestHost(std::uint32_t workers = 1);
  ~TestHost();
  TestHost(const TestHost&) = delete;
  TestHost& operator=(const TestHost&) = delete;

  [[nodiscard]] const holo_host* table() const { return &table_.host; }
  // Appears as a younger host: a larger table and a higher minor version.
  void pretend_future();

  std::atomic<std::int64_t> cancel_after{-1};  // progress calls that go well; -1: all
  std::atomic<std::uint64_t> progress_calls{0};
  std::uint64_t limit = std::uint64_t{256} << 20;
  // What the plugin did against the contract, and bytes that it has not given back.
  [[nodiscard]] std::vector<std::string> violations();
  [[nodiscard]] std::uint64_t bytes_held();

 private:
  static void log(void* ctx, std::int32_t level, const char* message);
  static void* allocate(void* ctx, std::uint64_t size, std::uint64_t alignment);
  static void deallocate(void* ctx, void* pointer);
  static holo_status parallel_for(void* ctx, std::uint64_t count, void* user, holo_loop_body body);
  static holo_status progress(void* ctx, double fraction, const char* message);
  static const void* get_interface(void* ctx, const char* id);
  void violation(const std::string& text);

  struct {
    holo_host host;
    std::uint8_t future[64];  // what a younger host would append
  } table_{};
  std::mutex mutex_;
  std::unordered_map<void*, std::uint64_t> blocks_;
  std::uint64_t held_ = 0;
  std::vector<std::string> violations_;
};

}  // namespace holo_check
