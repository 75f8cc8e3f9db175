// VMAF, through an ffmpeg program that was built with libvmaf.
#pragma once

#include <string>

#include "core/base/unit.hpp"

namespace holo::bench {

// The path of the first `ffmpeg` on the PATH, if it has the filter libvmaf; empty otherwise.
std::string find_vmaf();

// The score of libvmaf's default model, 0 to 100, of two pictures of the same size, as 4:4:4.
// `ffmpeg` is what find_vmaf gave. An error says what the program said.
Result<double> vmaf(const std::string& ffmpeg, UnitBuffer& reference, UnitBuffer& test);

}  // namespace holo::bench
