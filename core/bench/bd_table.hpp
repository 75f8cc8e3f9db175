// BD-rate of every curve against the anchor, metric by metric.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/bench/run.hpp"

namespace holo::bench {

// A metric as rows, tables and plots name it.
struct Metric {
  const char* key;                      // "psnr_rgb"
  const char* title;                    // "PSNR-RGB"
  const char* axis;                     // "PSNR-RGB, dB"
  int decimals;                         // of `value`
  double (*value)(const Measurement&);  // as rows state it; not a number where there is none
  // For curves: SSIM x counts as -10 log10(1 - x). Not finite where there is no value.
  double (*quality)(const Measurement&);
};
// PSNR-RGB, PSNR-Y, SSIM, MS-SSIM, and VMAF if the options name a program for it.
const std::vector<Metric>& metrics_of(const RunOptions& options);

// One cell: the mean over pictures of each picture's own BD-rate.
struct BdRate {
  std::optional<double> percent;  // empty if no picture has one
  std::size_t pictures = 0;       // that count in the mean
  std::string reason;             // of the first picture that does not
};

struct BdRow {
  std::size_t curve = 0;
  std::vector<BdRate> rates;  // in the order of metrics_of()
};

// A row for every curve but the anchor.
std::vector<BdRow> bd_table(const RunOptions& options, const std::vector<Row>& rows,
                            std::size_t anchor);

// The curve of that name, or the only one of the codec of that alias. INVALID_ARG lists the names.
Result<std::size_t> find_anchor(const std::vector<Curve>& curves, const std::string& name);

}  // namespace holo::bench
