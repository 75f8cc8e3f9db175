// bench memory: read bandwidth on one thread and on more.
#include "core/bench/memory_bandwidth.hpp"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/holohost/bench/benches.hpp"
#include "apps/holohost/session.hpp"
#include "core/bench/machine.hpp"

namespace holo::cli {

Result<int> bench_memory(const Arguments& arguments, const std::vector<std::string>& words) {
  if (!words.empty()) {
    return make_error(HOLO_INVALID_ARG,
                      "'bench memory' takes no operand, found '" + words[0] + "'");
  }
  const bench::Machine machine = bench::this_machine();
  HOLO_ASSIGN(const int threads,
              count_option(arguments, "jobs", std::max(1, machine.threads), 1, 1024));
  HOLO_ASSIGN(const int repeat, count_option(arguments, "repeat", 5, 1, 1000));
  HOLO_ASSIGN(const int megabytes, count_option(arguments, "size", 512, 1, 1 << 20));
  const std::uint64_t bytes = static_cast<std::uint64_t>(megabytes) * 1000000;
  HOLO_ASSIGN(const auto results, bench::read_bandwidth(bytes, threads, repeat));
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const bench::Bandwidth& each : results) {
    rows.push_back({{"threads", each.threads}, {"bytes_per_second", each.bytes_per_second}});
  }
  if (wants_json(arguments)) {
    return print_json({{"machine",
                        {{"name", machine.name},
                         {"cpu", machine.cpu},
                         {"threads", machine.threads},
                         {"system", machine.system}}},
                       {"bytes", bytes},
                       {"repeat", repeat},
                       {"rows", std::move(rows)}});
  }
  std::printf("%s, %d threads; reads of %d MB, best of %d\n", machine.cpu.c_str(), machine.threads,
              megabytes, repeat);
  std::printf("threads      GB/s\n");
  for (const bench::Bandwidth& each : results) {
    std::printf("%7d  %8s\n", each.threads, fixed(each.bytes_per_second / 1e9, 2).c_str());
  }
  return kExitOk;
}

}  // namespace holo::cli
