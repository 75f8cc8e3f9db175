// What a bench found, in the forms that it is shown in.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/bench/bd_table.hpp"
#include "core/bench/machine.hpp"
#include "core/bench/run.hpp"

namespace holo::cli {

struct BenchReport {
  bench::RunOptions options;
  std::size_t anchor = 0;  // a curve
  std::vector<bench::Row> rows;
  std::vector<bench::BdRow> bd;                         // against the anchor
  std::vector<std::vector<bench::BdRow>> bd_by_anchor;  // against each curve in turn
  bench::Machine machine;
  std::string command;
};

// One point of one curve over all pictures. Rates and qualities are means of the pictures' own,
// speeds are all pixels by all seconds, memory is the most of any picture.
struct PointSummary {
  std::size_t curve = 0;
  std::size_t point = 0;
  std::size_t pictures = 0;  // whose row holds
  double bytes = 0;          // sum
  double bits_per_pixel = 0;
  std::vector<double> values;  // in the order of bench::metrics_of(); not a number where one lacks
  double encode_mps = 0;       // not a number where rows ran side by side
  double decode_mps = 0;
  double encode_cpu_mps = 0;  // by seconds of processor time
  double decode_cpu_mps = 0;
  double memory = 0;  // bytes
};
std::vector<PointSummary> summarise(const BenchReport& report);

// A whole curve: all pixels by all seconds, the most memory of any row.
struct SpeedSummary {
  double encode_mps = 0;
  double decode_mps = 0;
  double encode_cpu_mps = 0;
  double decode_cpu_mps = 0;
  double memory = 0;
};
SpeedSummary speed_of(const BenchReport& report, std::size_t curve);

std::string file_name(const BenchReport& report, std::size_t picture);
// "kodim01.png, peer-jpeg quality=40".
std::string row_name(const BenchReport& report, const bench::Row& row);
std::size_t failed_rows(const BenchReport& report);
// Megapixels a second, or not a number.
double encode_mps(const BenchReport& report, const bench::Row& row);
double decode_mps(const BenchReport& report, const bench::Row& row);
// The same by seconds of processor time, of all threads together.
double encode_cpu_mps(const BenchReport& report, const bench::Row& row);
double decode_cpu_mps(const BenchReport& report, const bench::Row& row);
double peak_memory(const bench::Row& row);  // of the two directions the greater

// BD-rate of `curve` against `anchor` by metric `metric`; a line of dashes stands for none.
std::string pair_rate(const BenchReport& report, std::size_t curve, std::size_t anchor,
                      std::size_t metric);

std::string bench_table(const BenchReport& report);
nlohmann::ordered_json bench_json(const BenchReport& report);
std::string bench_csv(const BenchReport& report);

}  // namespace holo::cli
