#include "core/lm/torch/ops.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/util/Exception.h>
#include <torch/csrc/api/include/torch/version.h>

#include <thread>

namespace holo::lm {

Error torch_failure(const std::exception& failure) {
  const auto* known = dynamic_cast<const c10::Error*>(&failure);
  std::string text = known != nullptr ? known->what_without_backtrace() : failure.what();
  text = text.substr(0, text.find('\n'));
  const bool memory = text.find("out of memory") != std::string::npos ||
                      text.find("can't allocate memory") != std::string::npos;
  return make_error(memory ? HOLO_NO_MEMORY : HOLO_INTERNAL, "LibTorch failed: " + text);
}

Result<at::Device> torch_device(const std::string& text) {
  if (text == "cpu") return at::Device(at::kCPU);
  const bool cuda =
      text == "cuda" || (text.starts_with("cuda:") && text.size() > 5 && text.size() <= 8 &&
                         text.find_first_not_of("0123456789", 5) == std::string::npos);
  if (!cuda) {
    return make_error(HOLO_INVALID_ARG, "the device '" + text +
                                            "' is not one that LibTorch is used with; expected "
                                            "cpu, cuda or cuda:N");
  }
  if (!at::hasCUDA()) {
    return make_error(HOLO_UNSUPPORTED,
                      "the device '" + text + "' was asked for, but " + torch_version() +
                          " of this build has no CUDA, or finds no CUDA device; use the device "
                          "cpu, or build holohost against a LibTorch with CUDA and check the "
                          "driver with nvidia-smi");
  }
  const int index = text == "cuda" ? 0 : std::stoi(text.substr(5));
  const auto count = static_cast<int>(at::getNumGPUs());
  if (index >= count) {
    return make_error(HOLO_UNSUPPORTED, "the device '" + text + "' was asked for, but there are " +
                                            std::to_string(count) + " CUDA devices");
  }
  return at::Device(at::kCUDA, static_cast<at::DeviceIndex>(index));
}

void use_threads(int threads) {
  // LibTorch begins with one.
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  const int wanted = threads > 0 ? threads : (cores > 0 ? cores : 1);
  if (at::get_num_threads() != wanted) at::set_num_threads(wanted);
}

std::string torch_version() { return std::string("LibTorch ") + TORCH_VERSION; }

at::Tensor to_tensor(std::span<const float> data, at::IntArrayRef shape, at::Device device) {
  auto* begin = const_cast<float*>(data.data());
  return at::from_blob(begin, shape, at::kFloat).to(device, at::kFloat, false, true);
}

at::Tensor to_tensor(std::span<const std::int64_t> data, at::IntArrayRef shape, at::Device device) {
  auto* begin = const_cast<std::int64_t*>(data.data());
  return at::from_blob(begin, shape, at::kLong).to(device, at::kLong, false, true);
}

std::vector<float> to_vector(const at::Tensor& tensor) {
  const at::Tensor plain = tensor.detach().to(at::kCPU, at::kFloat).contiguous();
  const auto* begin = plain.data_ptr<float>();
  return {begin, begin + plain.numel()};
}

std::uint64_t mix(std::uint64_t seed, std::uint64_t step, std::uint64_t index) {
  std::uint64_t value = seed;
  for (const std::uint64_t part : {step, index}) {  // SplitMix64's finaliser
    value += 0x9E3779B97F4A7C15u + part;
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9u;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBu;
    value ^= value >> 31;
  }
  return value;
}

at::Generator generator(std::uint64_t seed) { return at::detail::createCPUGenerator(seed); }

}  // namespace holo::lm
