// How fast this machine reads memory: what bounds anything that goes through more than its caches.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/result.hpp"

namespace holo::bench {

struct Bandwidth {
  int threads = 0;
  double bytes_per_second = 0;  // all threads together
};

// Reads `bytes` of memory, each thread its share of it, `repeat` times; the best time counts, since
// nothing can make a read faster than the machine is. Once for each number of threads from 1 to
// `threads`. NO_MEMORY if there is not that much.
Result<std::vector<Bandwidth>> read_bandwidth(std::uint64_t bytes, int threads, int repeat);

}  // namespace holo::bench
