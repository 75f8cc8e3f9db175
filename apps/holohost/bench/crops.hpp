// Details of pictures beside each other at about the same size of file.
#pragma once

#include <cstdint>
#include <vector>

#include "apps/holohost/bench/bench_report.hpp"
#include "core/host/registry.hpp"

namespace holo::cli {

struct Crop {
  const bench::Row* row = nullptr;  // of the report
  std::vector<std::uint8_t> png;
};

struct CropSet {
  std::size_t picture = 0;
  double rate = 0;  // bits a pixel that the rows are near to
  std::vector<std::uint8_t> original;
  std::vector<Crop> crops;  // of each curve the row nearest to the rate, if near at all
};

// `wanted` of them, spread evenly.
std::vector<std::size_t> pictures_to_crop(std::size_t pictures, std::size_t wanted);

// For the pictures whose files the run kept.
Result<std::vector<CropSet>> make_crops(const BenchReport& report, host::Registry& registry);

}  // namespace holo::cli
