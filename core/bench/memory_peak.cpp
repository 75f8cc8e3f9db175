// /proc/self/status after the kernel's high-water mark was reset.
#include "core/bench/memory_peak.hpp"

#include <malloc.h>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>

namespace holo::bench {

namespace {

// A line such as "VmHWM:     12345 kB".
std::optional<std::uint64_t> status_bytes(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with(key)) continue;
    unsigned long long kilobytes = 0;
    if (std::sscanf(line.c_str() + key.size(), " %llu kB", &kilobytes) != 1) break;
    return std::uint64_t{kilobytes} * 1024;
  }
  return std::nullopt;
}

}  // namespace

MemoryPeak::MemoryPeak() {
  ::malloc_trim(0);
  std::ofstream reset("/proc/self/clear_refs");
  reset << "5" << std::flush;  // sets the high-water mark to what is resident now
  if (reset.good()) start_ = status_bytes("VmRSS:");
}

std::optional<std::uint64_t> MemoryPeak::bytes() const {
  const auto peak = start_ ? status_bytes("VmHWM:") : std::nullopt;
  if (!peak) return std::nullopt;
  return *peak - std::min(*peak, *start_);
}

}  // namespace holo::bench
