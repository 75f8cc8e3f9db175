// A job in a process of its own: a crash there costs one job, not the batch.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace holo::host {

// Runs this executable again with `words` (without argv[0]) as a worker and returns its exit code.
// Streams are shared; SIGINT, SIGTERM and SIGHUP are passed on. If a signal ends the worker, its
// temporary files are removed, one line on standard error names the plugin, the phase and the unit,
// and the code is 70 (130 if the signal was a request to stop).
Result<int> run_isolated(const std::vector<std::string>& words);

// In a worker: from now on this process reports on its parent's status page. To be called once,
// first thing in main. Does nothing in any other process.
void adopt_worker_status();
[[nodiscard]] bool is_isolated_worker() noexcept;

}  // namespace holo::host
