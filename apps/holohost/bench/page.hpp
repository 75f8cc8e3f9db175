// report.html: one file without outside references, readable in light and dark.
#pragma once

#include <string>
#include <vector>

#include "apps/holohost/bench/crops.hpp"

namespace holo::cli {

std::string bench_page(const BenchReport& report, const std::vector<CropSet>& crops);

}  // namespace holo::cli
