// A loop over the threads of a job.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/host/job.hpp"

namespace holo::lm {

// Calls body(index, worker) for every index below `count`; body must not throw.
template <class Body>
void parallel_for(const host::Job& job, std::size_t count, Body&& body) {
  using Plain = std::remove_reference_t<Body>;
  const holo_host* host = job.host();
  host->parallel_for(host->ctx, count, &body,
                     [](void* user, std::uint64_t index, std::uint32_t worker) -> holo_status {
                       (*static_cast<Plain*>(user))(static_cast<std::size_t>(index), worker);
                       return HOLO_OK;
                     });
}

// Calls body(begin, end, worker) for pieces of 0..count of at least `grain`.
template <class Body>
void parallel_ranges(const host::Job& job, std::size_t count, std::size_t grain, Body&& body) {
  const std::size_t most = static_cast<std::size_t>(job.workers()) * 8;
  const std::size_t pieces = std::clamp<std::size_t>(count / std::max<std::size_t>(grain, 1), 1,
                                                     job.workers() == 1 ? 1 : most);
  parallel_for(job, pieces, [&](std::size_t i, std::uint32_t worker) {
    const std::size_t begin = count * i / pieces;
    const std::size_t end = count * (i + 1) / pieces;
    if (begin < end) body(begin, end, worker);
  });
}

}  // namespace holo::lm
