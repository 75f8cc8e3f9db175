// What `lm bench` measured, and the ways in which it is told.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/bench/machine.hpp"
#include "core/lm/evaluate.hpp"

namespace holo::cli {

struct DecodeSpeed {
  std::size_t context = 0;  // rows in the cache when the timing begins
  double tokens_per_second = 0;
};

struct PrefillSpeed {
  std::size_t tokens = 0;
  double tokens_per_second = 0;
  std::optional<double> libtorch_tokens_per_second;
};

struct LmBenchRow {
  std::string kv;
  std::optional<lm::Evaluation> evaluation;  // none with random weights
  std::vector<DecodeSpeed> speeds;
  std::uint64_t peak_bytes = 0;  // growth of resident memory while this row ran
};

struct LmBenchReport {
  bench::Machine machine;
  std::string command;
  int threads = 0;
  std::size_t window = 0;
  std::vector<LmBenchRow> rows;
  PrefillSpeed prefill;
  double bytes_per_second = 0;     // read bandwidth, all threads
  std::uint64_t weight_bytes = 0;  // that one decoded token reads
};

std::string lm_bench_table(const LmBenchReport& report);
std::string lm_bench_line(const LmBenchRow& row);
nlohmann::ordered_json lm_bench_json(const LmBenchReport& report);
// Perplexity over bytes a token, a line for each strategy; a file of its own.
std::string lm_bench_frontier(const LmBenchReport& report);

}  // namespace holo::cli
