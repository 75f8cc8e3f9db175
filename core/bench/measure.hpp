// One measurement: one picture through one codec at one setting, there and back.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/params.hpp"
#include "core/host/registry.hpp"

namespace holo::bench {

struct MeasureOptions {
  std::string picture;
  const host::ComponentInfo* codec = nullptr;
  ParamValues params;
  int jobs = 1;      // threads that the codec may use
  int repeat = 1;    // runs of each direction; the median counts
  std::string vmaf;  // what find_vmaf gave, or empty
  std::string keep;  // where to leave the .holo file, or empty
};

// Plain data, so that a process can hand it to another as it is. Not a number: does not apply.
struct Measurement {
  std::int32_t width = 0;
  std::int32_t height = 0;
  std::uint64_t bytes = 0;       // what the codec stores: the whole file, or the foreign file in it
  std::uint64_t file_bytes = 0;  // the .holo file
  double psnr_rgb = 0;           // dB; infinite where nothing differs
  double psnr_y = 0;
  double ssim = 0;  // of luma
  double ms_ssim = 0;
  double vmaf = 0;  // where there is a program for it and the picture is large enough
  double encode_seconds = 0;
  double decode_seconds = 0;
  double encode_cpu_seconds = 0;  // of all threads together
  double decode_cpu_seconds = 0;
  double encode_memory = 0;  // bytes, growth of the process at its peak
  double decode_memory = 0;
  bool identical = false;  // every sample, alpha included
};

// Reads the picture, encodes and decodes it in memory, and compares. Seconds are of the codec and
// the container, without reading the picture or writing a file. A decode that differs from a
// second one, of a codec that promises bit-exact files or that has more threads, is CORRUPT; so is
// a difference from the picture where the codec promises to be lossless.
Result<Measurement> measure(host::Registry& registry, const MeasureOptions& options);

}  // namespace holo::bench
