// Which kernels this machine runs.
#include "core/lm/kernels.hpp"

#include <array>

#include "core/lm/kernels_sets.hpp"

namespace holo::lm {
namespace {

struct Available {
  std::array<const Kernels*, 2> list{&kPortableKernels, nullptr};
  std::size_t count = 1;

  Available() {
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0 &&
        __builtin_cpu_supports("f16c") != 0) {
      list[count++] = &kAvx2Kernels;
    }
#endif
  }
};

const Available& available() {
  static const Available result;
  return result;
}

}  // namespace

const Kernels& kernels() { return *available().list[available().count - 1]; }

std::span<const Kernels* const> all_kernels() {
  return std::span(available().list).first(available().count);
}

}  // namespace holo::lm
