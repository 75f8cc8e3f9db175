// A bench over pictures: every point of every curve on every picture, one process a row.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/bench/curves.hpp"
#include "core/bench/measure.hpp"
#include "core/host/job.hpp"

namespace holo::bench {

struct RunOptions {
  std::vector<std::string> pictures;
  std::vector<Curve> curves;
  int jobs = 1;      // threads of a codec
  int repeat = 1;    // runs of each direction; the median counts
  int parallel = 1;  // rows at a time; above 1 the clock is not to be trusted
  std::string vmaf;  // what find_vmaf gave, or empty
  std::string keep;  // a folder for the .holo files of these pictures, named by kept_file
  std::vector<std::size_t> keep_pictures;
};

struct Row {
  std::size_t picture = 0;  // into RunOptions
  std::size_t curve = 0;
  std::size_t point = 0;
  std::string error;  // empty if the measurement holds
  Measurement measured;

  [[nodiscard]] bool ok() const { return error.empty(); }
  [[nodiscard]] double pixels() const {
    return static_cast<double>(measured.width) * static_cast<double>(measured.height);
  }
  [[nodiscard]] double bits_per_pixel() const {
    return 8 * static_cast<double>(measured.bytes) / pixels();
  }
};

std::string kept_file(const std::string& folder, const Row& row);

// Rows by picture, curve and point. A row that fails says why and costs no other; CANCELLED alone
// ends the run. To be called while the process has one thread.
Result<std::vector<Row>> run(host::Registry& registry, host::Job& job, const RunOptions& options);

}  // namespace holo::bench
