// Sums of words, in threads that start together.
#include "core/bench/memory_bandwidth.hpp"

#include <sys/mman.h>
#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <thread>

namespace holo::bench {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kPage = std::size_t{2} << 20;

// Several sums at once, so that the loads and not the additions set the pace.
std::uint64_t sum_of(std::span<const std::uint64_t> words) {
  constexpr std::size_t kSums = 16;
  std::uint64_t sums[kSums] = {};
  std::size_t i = 0;
  for (; i + kSums <= words.size(); i += kSums) {
    for (std::size_t k = 0; k < kSums; ++k) sums[k] += words[i + k];
  }
  for (; i < words.size(); ++i) sums[0] += words[i];
  std::uint64_t total = 0;
  for (const std::uint64_t sum : sums) total += sum;
  return total;
}

double best_seconds(std::span<const std::uint64_t> words, int threads, int repeat) {
  const auto count = static_cast<std::size_t>(threads);
  std::atomic<std::uint64_t> total{0};  // keeps the reads from being left out
  std::barrier together(static_cast<std::ptrdiff_t>(count) + 1);
  std::vector<std::jthread> workers;
  for (std::size_t i = 0; i < count; ++i) {
    workers.emplace_back([&, i] {
      const std::size_t begin = words.size() * i / count;
      const std::size_t end = words.size() * (i + 1) / count;
      for (int run = 0; run < repeat; ++run) {
        together.arrive_and_wait();
        total += sum_of(words.subspan(begin, end - begin));
        together.arrive_and_wait();
      }
    });
  }
  double best = 0;
  for (int run = 0; run < repeat; ++run) {
    together.arrive_and_wait();
    const auto start = Clock::now();
    together.arrive_and_wait();
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    best = run == 0 ? seconds : std::min(best, seconds);
  }
  return best;
}

}  // namespace

Result<std::vector<Bandwidth>> read_bandwidth(std::uint64_t bytes, int threads, int repeat) {
  const auto size = static_cast<std::size_t>((bytes + kPage - 1) / kPage * kPage);
  const std::unique_ptr<void, decltype(&std::free)> memory(std::aligned_alloc(kPage, size),
                                                           &std::free);
  if (memory == nullptr) {
    return make_error(HOLO_NO_MEMORY, "cannot allocate " + std::to_string(bytes) + " bytes");
  }
  // Small pages would measure the translation of addresses. A kernel without large ones goes on.
  ::madvise(memory.get(), size, MADV_HUGEPAGE);
  const std::span<std::uint64_t> words(static_cast<std::uint64_t*>(memory.get()),
                                       static_cast<std::size_t>(bytes / sizeof(std::uint64_t)));
  std::fill(words.begin(), words.end(), 1);
  std::vector<Bandwidth> results;
  for (int count = 1; count <= threads; ++count) {
    const double seconds = best_seconds(words, count, repeat);
    results.push_back({count, static_cast<double>(words.size() * sizeof(std::uint64_t)) / seconds});
  }
  return results;
}

}  // namespace holo::bench
