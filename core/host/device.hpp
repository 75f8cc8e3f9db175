// Which device a job runs on; CUDA is looked for at run time and only when asked.
#pragma once

#include <string_view>

#include <holo/abi/unit.h>

#include "core/base/result.hpp"

namespace holo::host {

// Number of CUDA devices that the driver library `library` offers; DEVICE with the reason if there
// is no usable driver.
Result<int> count_cuda_devices(const char* library = "libcuda.so.1");

// parse_device of job.hpp, with the driver library to ask.
Result<DLDevice> parse_device_with(std::string_view text, const char* library);

}  // namespace holo::host
