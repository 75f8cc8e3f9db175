// The parts of ATen that the module uses, and how numbers come in and go out. Not torch/torch.h,
// which costs twenty seconds and a gigabyte a file.
#pragma once

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <c10/core/GradMode.h>

#include <cstdint>
#include <exception>
#include <new>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace holo::lm {

// The message of what LibTorch throws, on one line and without its stack of calls.
Error torch_failure(const std::exception& failure);

// Lets no exception out of the module: LibTorch throws for shapes, memory and devices.
template <class T, class Call>
Result<T> guarded(Call call) {
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return make_error(HOLO_NO_MEMORY, "no memory for LibTorch");
  } catch (const std::exception& failure) {
    return torch_failure(failure);
  }
}

// "cpu", "cuda", "cuda:1". UNSUPPORTED where this LibTorch or this machine has none such.
Result<at::Device> torch_device(const std::string& text);
// For the kernels of the calling thread; 0: one per core.
void use_threads(int threads);
std::string torch_version();

// Copies.
at::Tensor to_tensor(std::span<const float> data, at::IntArrayRef shape, at::Device device);
at::Tensor to_tensor(std::span<const std::int64_t> data, at::IntArrayRef shape, at::Device device);
std::vector<float> to_vector(const at::Tensor& tensor);

// A stream of numbers for (seed, step, index): the same whenever it is asked for, so that a resumed
// run needs no state of a generator.
std::uint64_t mix(std::uint64_t seed, std::uint64_t step, std::uint64_t index);
at::Generator generator(std::uint64_t seed);  // of the CPU

}  // namespace holo::lm
