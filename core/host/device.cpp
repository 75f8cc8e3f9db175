// Which device a job runs on; CUDA is looked for at run time and only when asked.
#include "core/host/device.hpp"

#include <dlfcn.h>
#include <charconv>

#include "core/host/checks.hpp"
#include "core/host/job.hpp"

namespace holo::host {

Result<int> count_cuda_devices(const char* library) {
  // The driver stays loaded: it does not survive being unloaded.
  void* handle = ::dlopen(library, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) {
    const char* reason = ::dlerror();
    return make_error(HOLO_DEVICE, std::string("no usable CUDA driver: ") +
                                       (reason != nullptr ? reason : "it cannot be loaded"));
  }
  using Initialise = int (*)(unsigned);
  using Count = int (*)(int*);
  const auto initialise = reinterpret_cast<Initialise>(::dlsym(handle, "cuInit"));
  const auto count = reinterpret_cast<Count>(::dlsym(handle, "cuDeviceGetCount"));
  if (initialise == nullptr || count == nullptr) {
    return make_error(HOLO_DEVICE, std::string(library) +
                                       " is not a CUDA driver: cuInit or "
                                       "cuDeviceGetCount is missing");
  }
  int devices = 0;
  int code = initialise(0);
  if (code == 0) code = count(&devices);
  if (code != 0) {
    return make_error(HOLO_DEVICE, "the CUDA driver reports error " + std::to_string(code) +
                                       (code == 100 ? " (no device)" : "") +
                                       "; nvidia-smi may say more");
  }
  return devices;
}

Result<DLDevice> parse_device_with(std::string_view text, const char* library) {
  if (text == "cpu") return DLDevice{kDLCPU, 0};
  if (text == "auto") {
    const auto count = count_cuda_devices(library);
    return count.ok() && *count > 0 ? DLDevice{kDLCUDA, 0} : DLDevice{kDLCPU, 0};
  }
  int index = 0;
  bool well_formed = text == "cuda";
  if (text.starts_with("cuda:")) {
    const char* end = text.data() + text.size();
    const auto [stop, code] = std::from_chars(text.data() + 5, end, index);
    well_formed = code == std::errc() && stop == end && index >= 0;
  }
  if (!well_formed) {
    return make_error(HOLO_INVALID_ARG, "device '" + printable(text) +
                                            "' is unknown, expected cpu, cuda, cuda:N or auto");
  }
  auto count = count_cuda_devices(library);
  if (!count.ok()) {
    count.error().message += "; use --device cpu, or auto";
    return std::move(count).error().in("device '" + std::string(text) + "'");
  }
  if (index >= *count) {
    return make_error(HOLO_DEVICE, "device '" + std::string(text) + "' does not exist: found " +
                                       std::to_string(*count) + " CUDA device(s), numbered from 0");
  }
  return DLDevice{kDLCUDA, index};
}

Result<DLDevice> parse_device(std::string_view text) {
  return parse_device_with(text, "libcuda.so.1");
}

}  // namespace holo::host
