// Host: log, progress, memory and parallel loops, as the host of a job offers them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <type_traits>

#include <holo/abi/host.h>
#include <holo/error.hpp>

namespace holo {

// A copyable handle; the table behind it outlives every instance of the job.
class Host {
 public:
  explicit Host(const holo_host* host) : host_(host) {
    if (!HOLO_HAS(host, holo_host, get_interface)) {
      throw Failure(HOLO_ABI_MISMATCH, "the host table is shorter than version 1.0");
    }
  }

  // How many bodies of a parallel loop may run at once, >= 1.
  [[nodiscard]] std::uint32_t workers() const { return host_->workers == 0 ? 1 : host_->workers; }

  void log(std::int32_t level, const std::string& message) const {
    if (host_->log != nullptr) host_->log(host_->ctx, level, message.c_str());
  }
  void warn(const std::string& message) const { log(HOLO_LOG_WARNING, message); }
  void debug(const std::string& message) const { log(HOLO_LOG_DEBUG, message); }

  // To be called at least once per frame, tile or layer. Throws Cancelled.
  void progress(double fraction, const char* message = nullptr) const {
    if (host_->progress == nullptr) return;
    const holo_status status = host_->progress(host_->ctx, fraction, message);
    if (status == HOLO_CANCELLED) throw Cancelled();
    if (status != HOLO_OK) throw Failure(status, "the host refused a progress report");
  }

  // Runs body(index, worker), or body(index), for every index in 0..count-1, in any order, and
  // waits. What a body throws is thrown here (of several, the one with the lowest index).
  template <class Body>
  void parallel_for(std::uint64_t count, Body&& body) const {
    Loop<Body> loop{body, {}, nullptr, UINT64_MAX};
    if (host_->parallel_for == nullptr) {
      for (std::uint64_t i = 0; i < count; ++i) loop.call(i, 0);
      return;
    }
    const holo_status status = host_->parallel_for(host_->ctx, count, &loop, &Loop<Body>::run);
    if (loop.thrown != nullptr) std::rethrow_exception(loop.thrown);
    if (status == HOLO_CANCELLED) throw Cancelled();
    if (status != HOLO_OK) throw Failure(status, "a parallel loop of the host failed");
  }

  // Memory that counts against the job's limit, released with the handle. Throws NO_MEMORY.
  struct Release {
    const holo_host* host;
    void operator()(std::uint8_t* pointer) const { host->deallocate(host->ctx, pointer); }
  };
  using Block = std::unique_ptr<std::uint8_t[], Release>;
  [[nodiscard]] Block allocate(std::uint64_t size, std::uint64_t alignment = 64) const {
    void* pointer = host_->allocate(host_->ctx, size, alignment);
    if (pointer == nullptr && size != 0) {
      throw Failure(HOLO_NO_MEMORY,
                    "the job's memory limit leaves no room for " + std::to_string(size) + " bytes");
    }
    return Block(static_cast<std::uint8_t*>(pointer), Release{host_});
  }

  // A further service by id, or NULL.
  [[nodiscard]] const void* get_interface(const char* id) const {
    return host_->get_interface == nullptr ? nullptr : host_->get_interface(host_->ctx, id);
  }
  [[nodiscard]] const holo_host* raw() const { return host_; }

 private:
  template <class Body>
  struct Loop {
    Body& body;
    std::mutex mutex;
    std::exception_ptr thrown;
    std::uint64_t thrown_index;

    void call(std::uint64_t index, std::uint32_t worker) {
      if constexpr (std::is_invocable_v<Body&, std::uint64_t, std::uint32_t>) {
        body(index, worker);
      } else {
        body(index);
      }
    }
    static holo_status run(void* user, std::uint64_t index, std::uint32_t worker) {
      auto& loop = *static_cast<Loop*>(user);
      return guard(nullptr, [&] {
        try {
          loop.call(index, worker);
        } catch (...) {
          const std::lock_guard<std::mutex> lock(loop.mutex);
          if (index < loop.thrown_index) {
            loop.thrown_index = index;
            loop.thrown = std::current_exception();
          }
          throw;
        }
      });
    }
  };

  const holo_host* host_;
};

}  // namespace holo
