// Which kernels this machine runs.
#include "plugins/kv-common/kernels.hpp"

namespace holo::kv {
namespace {

bool runs_avx2() {
#ifdef __x86_64__
  return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0 &&
         __builtin_cpu_supports("f16c") != 0;
#else
  return false;
#endif
}

}  // namespace

const Kernels& kernels() {
#ifdef __x86_64__
  static const Kernels& fastest = runs_avx2() ? kAvx2Kernels : kPortableKernels;
  return fastest;
#else
  return kPortableKernels;
#endif
}

std::vector<const Kernels*> all_kernels() {
  if (!runs_avx2()) return {&kPortableKernels};
  return {&kPortableKernels, &kernels()};
}

}  // namespace holo::kv
