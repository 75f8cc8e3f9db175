// Jobs: the parallel loop, memory, progress, cancellation, devices, the status page.
#include "core/host/job.hpp"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

#include "core/host/device.hpp"
#include "core/host/job_status.hpp"

using namespace holo;
using namespace holo::host;

namespace {

JobOptions with_jobs(int jobs) {
  JobOptions options;
  options.jobs = jobs;
  return options;
}

struct Visits {
  explicit Visits(std::size_t count, std::size_t workers) : indices(count), busy(workers) {}
  std::vector<std::atomic<int>> indices;
  std::vector<std::atomic<int>> busy;
  std::atomic<bool> overlap{false};

  static holo_status body(void* user, std::uint64_t index, std::uint32_t worker) {
    auto& self = *static_cast<Visits*>(user);
    if (worker >= self.busy.size() || self.busy[worker].fetch_add(1) != 0) self.overlap = true;
    self.indices[index].fetch_add(1);
    self.busy[worker].fetch_sub(1);
    return HOLO_OK;
  }
};

holo_status run(const Job& job, std::uint64_t count, void* user, holo_loop_body body) {
  return job.host()->parallel_for(job.host()->ctx, count, user, body);
}

}  // namespace

TEST_CASE("a parallel loop visits every index once and never shares a worker number") {
  for (const int workers : {1, 2, 5}) {
    const Job job(with_jobs(workers));
    REQUIRE(job.host()->workers == static_cast<std::uint32_t>(workers));
    for (const std::size_t count : {0, 1, 2, 7, 1000, 20000}) {
      Visits visits(count, static_cast<std::size_t>(workers));
      CHECK(run(job, count, &visits, Visits::body) == HOLO_OK);
      CHECK_FALSE(visits.overlap);
      CHECK(std::all_of(visits.indices.begin(), visits.indices.end(),
                        [](const std::atomic<int>& n) { return n == 1; }));
    }
  }
}

TEST_CASE("the lowest index that fails decides, whatever the timing") {
  struct Plan {
    std::vector<holo_status> answers;
    std::atomic<std::uint64_t> ran{0};
  };
  std::mt19937 random(7);
  const Job job(with_jobs(4));
  for (int round = 0; round < 200; ++round) {
    Plan plan;
    plan.answers.assign(500, HOLO_OK);
    std::uint64_t lowest = 500;
    for (int i = 0; i < 5; ++i) {
      const std::uint64_t at = random() % 500;
      plan.answers[at] = static_cast<holo_status>(1000 + at);
      lowest = std::min(lowest, at);
    }
    const holo_status status =
        run(job, 500, &plan, [](void* user, std::uint64_t index, std::uint32_t) {
          auto& self = *static_cast<Plan*>(user);
          ++self.ran;
          return self.answers[index];
        });
    REQUIRE(status == static_cast<holo_status>(1000 + lowest));
    CHECK(plan.ran >= lowest + 1);
  }
}

TEST_CASE("a failure early in a long loop skips what has not started") {
  const Job job(with_jobs(2));
  std::atomic<std::uint64_t> ran{0};
  const holo_status status =
      run(job, 1'000'000, &ran, [](void* user, std::uint64_t, std::uint32_t) {
        ++*static_cast<std::atomic<std::uint64_t>*>(user);
        return holo_status{HOLO_CORRUPT};
      });
  CHECK(status == HOLO_CORRUPT);
  CHECK(ran < 1000);
}

TEST_CASE("nested loops run serially under the worker number they are in") {
  struct Outer {
    const Job& job;
    std::atomic<int> inner_runs{0};
    std::atomic<bool> wrong_worker{false};
  };
  const Job job(with_jobs(3));
  Outer outer{job};
  const auto body = [](void* user, std::uint64_t, std::uint32_t worker) -> holo_status {
    struct Inner {
      Outer& outer;
      std::uint32_t worker;
      std::thread::id thread;
    };
    Inner inner{*static_cast<Outer*>(user), worker, std::this_thread::get_id()};
    return run(inner.outer.job, 10, &inner, [](void* data, std::uint64_t, std::uint32_t mine) {
      auto& self = *static_cast<Inner*>(data);
      ++self.outer.inner_runs;
      if (mine != self.worker || self.thread != std::this_thread::get_id()) {
        self.outer.wrong_worker = true;
      }
      return holo_status{HOLO_OK};
    });
  };
  CHECK(run(job, 50, &outer, body) == HOLO_OK);
  CHECK(outer.inner_runs == 500);
  CHECK_FALSE(outer.wrong_worker);
}

TEST_CASE("an exception in a loop body becomes INTERNAL") {
  const Job job(with_jobs(2));
  const holo_status status = run(
      job, 10, nullptr,
      [](void*, std::uint64_t, std::uint32_t) -> holo_status { throw std::runtime_error("no"); });
  CHECK(status == HOLO_INTERNAL);
}

TEST_CASE("loops from several threads at once all complete") {
  const Job job(with_jobs(3));
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        Visits visits(100, 3);
        if (run(job, 100, &visits, Visits::body) != HOLO_OK || visits.overlap) ++wrong;
        for (const auto& n : visits.indices) wrong += n == 1 ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("memory is aligned, counted and limited") {
  JobOptions options = with_jobs(1);
  options.memory_limit = 10'000;
  std::vector<std::string> logged;
  options.on_log = [&logged](int, std::string_view text) { logged.emplace_back(text); };
  const Job job(std::move(options));
  const holo_host& host = *job.host();
  for (const std::uint64_t alignment : {1, 2, 64, 512, 4096}) {
    void* pointer = host.allocate(host.ctx, 1000, alignment);
    REQUIRE(pointer != nullptr);
    CHECK(reinterpret_cast<std::uintptr_t>(pointer) % alignment == 0);
    std::fill_n(static_cast<unsigned char*>(pointer), 1000, static_cast<unsigned char>(0xFF));
    CHECK(job.memory_held() == 1000);
    host.deallocate(host.ctx, pointer);
  }
  CHECK(job.memory_held() == 0);
  CHECK(job.memory_peak() == 1000);
  void* most = host.allocate(host.ctx, 10'000, 64);
  REQUIRE(most != nullptr);
  CHECK(host.allocate(host.ctx, 1, 64) == nullptr);
  host.deallocate(host.ctx, most);
  CHECK(host.allocate(host.ctx, 10'001, 64) == nullptr);
  CHECK(host.allocate(host.ctx, UINT64_MAX, 64) == nullptr);
  CHECK(host.allocate(host.ctx, 8, 3) == nullptr);
  CHECK(host.allocate(host.ctx, 8, 0) == nullptr);
  CHECK(host.allocate(host.ctx, 8, 8192) == nullptr);
  host.deallocate(host.ctx, nullptr);
  CHECK(logged.empty());
  std::vector<unsigned char> foreign(256);
  host.deallocate(host.ctx, foreign.data() + 128);
  REQUIRE(logged.size() == 1);
  CHECK_THAT(logged[0], Catch::Contains("did not give"));
}

TEST_CASE("memory without a limit refuses only the impossible") {
  const Job job(with_jobs(1));
  CHECK(job.host()->allocate(job.host()->ctx, UINT64_MAX - 10, 64) == nullptr);
  CHECK(job.memory_held() == 0);
}

TEST_CASE("the memory count is right under many threads") {
  JobOptions options = with_jobs(4);
  options.memory_limit = 1 << 20;
  const Job job(std::move(options));
  const auto body = [](void* user, std::uint64_t index, std::uint32_t) -> holo_status {
    const auto* host = static_cast<const holo_host*>(user);
    void* pointer = host->allocate(host->ctx, 16 + index % 100, 16);
    if (pointer == nullptr) return HOLO_NO_MEMORY;
    host->deallocate(host->ctx, pointer);
    return HOLO_OK;
  };
  CHECK(run(job, 5000, const_cast<holo_host*>(job.host()), body) == HOLO_OK);
  CHECK(job.memory_held() == 0);
}

TEST_CASE("progress reaches the listener about ten times a second, and at the ends of a phase") {
  JobOptions options = with_jobs(2);
  std::vector<ProgressUpdate> updates;
  std::vector<std::string> phases;
  options.on_progress = [&](const ProgressUpdate& update) {
    phases.emplace_back(update.phase);
    updates.push_back(update);
  };
  Job job(std::move(options));
  job.begin_phase("encode", 4);
  const auto start = std::chrono::steady_clock::now();
  std::uint64_t calls = 0;
  while (std::chrono::steady_clock::now() - start < std::chrono::milliseconds(350)) {
    job.begin_unit(2);
    CHECK(job.host()->progress(job.host()->ctx, 0.25, nullptr) == HOLO_OK);
    std::this_thread::sleep_for(std::chrono::microseconds(200));
    ++calls;
  }
  job.finish_phase();
  CHECK(calls > 20);
  CHECK(updates.size() >= 3);
  CHECK(updates.size() <= 8);
  CHECK(phases.front() == "encode");
  CHECK(updates.front().units_total == 4);
  CHECK(updates.back().units_done == 4);
  CHECK(updates[1].units_done == 2);
}

TEST_CASE("impossible fractions and failing listeners do no harm") {
  JobOptions options = with_jobs(1);
  double last = -1;
  options.on_progress = [&last](const ProgressUpdate& update) {
    last = update.unit_fraction;
    throw std::runtime_error("the listener is broken");
  };
  const Job job(std::move(options));
  CHECK(job.host()->progress(job.host()->ctx, std::nan(""), "text") == HOLO_OK);
  CHECK(last == 0.0);
}

TEST_CASE("cancelling reaches plugins through progress") {
  const Job job(with_jobs(1));
  CHECK(job.check_cancelled().ok());
  Job::cancel_all();
  CHECK(job.host()->progress(job.host()->ctx, 0.5, nullptr) == HOLO_CANCELLED);
  CHECK(job.check_cancelled().error().code == HOLO_CANCELLED);
  Job::reset_cancelled();
  CHECK(job.host()->progress(job.host()->ctx, 0.5, nullptr) == HOLO_OK);
}

TEST_CASE("log lines of plugins are made printable") {
  JobOptions options = with_jobs(1);
  std::string line;
  int level = -1;
  options.on_log = [&](int at, std::string_view text) {
    level = at;
    line = text;
  };
  const Job job(std::move(options));
  job.host()->log(job.host()->ctx, HOLO_LOG_WARNING, "two\nlines\x1b");
  CHECK(level == HOLO_LOG_WARNING);
  CHECK(line == "two lines");
  job.host()->log(job.host()->ctx, HOLO_LOG_WARNING, nullptr);
  CHECK(job.host()->get_interface(job.host()->ctx, "org.example.nothing/1") == nullptr);
}

TEST_CASE("devices parse, and a missing driver is told as such") {
  CHECK(parse_device("cpu")->device_type == kDLCPU);
  for (const auto* bad : {"", "gpu", "cuda:", "cuda:-1", "cuda:x", "cuda:1x", "CPU"}) {
    INFO(bad);
    const auto result = parse_device(bad);
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().code == HOLO_INVALID_ARG);
    CHECK_THAT(result.error().message, Catch::Contains("expected cpu, cuda, cuda:N or auto"));
  }
  const char* absent = "libholohost-no-such-driver.so.1";
  CHECK(parse_device_with("auto", absent)->device_type == kDLCPU);
  const auto missing = parse_device_with("cuda", absent);
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().code == HOLO_DEVICE);
  CHECK_THAT(missing.error().message, Catch::Contains("device 'cuda': no usable CUDA driver"));
  CHECK_THAT(missing.error().message, Catch::Contains("use --device cpu"));
  const auto other = parse_device_with("cuda:0", "libm.so.6");
  REQUIRE_FALSE(other.ok());
  CHECK_THAT(other.error().message, Catch::Contains("cuInit"));
}

TEST_CASE("CUDA devices are counted where there are any", "[cuda]") {
  const auto count = count_cuda_devices();
  if (!count.ok() || *count == 0) {
    WARN("skipped: " << (count.ok() ? "no CUDA device" : count.error().message));
    return;
  }
  CHECK(parse_device("cuda")->device_type == kDLCUDA);
  CHECK(parse_device("auto")->device_type == kDLCUDA);
  const auto beyond = parse_device("cuda:" + std::to_string(*count));
  REQUIRE_FALSE(beyond.ok());
  CHECK_THAT(beyond.error().message, Catch::Contains("does not exist"));
}

TEST_CASE("the crash line names plugin, phase and unit") {
  JobStatus page;
  char line[256];
  const auto text = [&] {
    return std::string(line, describe_crash(page, "SIGSEGV", line, sizeof line));
  };
  CHECK(text() == "holohost crashed (SIGSEGV)");
  page.plugin.set("rle");
  page.phase.set("encode");
  page.unit = 12;
  page.unit_kind = HOLO_FRAME;
  CHECK(text() == "holohost crashed (SIGSEGV) in encode, frame 12");
  page.plugin_calls = 1;
  CHECK(text() == "plugin rle crashed (SIGSEGV) in encode, frame 12");
  page.unit_kind = HOLO_TENSOR;
  page.unit = 0;
  CHECK(text() == "plugin rle crashed (SIGSEGV) in encode, tensor 0");
  page.plugin.set(std::string(200, 'p'));
  CHECK(text().find(std::string(63, 'p') + " crashed") != std::string::npos);
  char tiny[8];
  CHECK(describe_crash(page, "SIGSEGV", tiny, sizeof tiny) == 7);
}

TEST_CASE("a job keeps the status page up to date") {
  Job job(with_jobs(1));
  job.begin_phase("decode", 3);
  job.begin_unit(1);
  char phase[32];
  job_status().phase.copy(phase);
  CHECK(std::string(phase) == "decode");
  CHECK(job_status().unit == 1);
  {
    const PluginCall call("copy", HOLO_FRAME, 2);
    CHECK(job_status().plugin_calls == 1);
    CHECK(job_status().unit == 2);
  }
  CHECK(job_status().plugin_calls == 0);
  job.finish_phase();
  CHECK(job_status().unit == -1);
}
