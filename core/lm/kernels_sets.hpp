// The kernels of each instruction set, for kernels.cpp to choose from.
#pragma once

#include "core/lm/kernels.hpp"

namespace holo::lm {

extern const Kernels kPortableKernels;
#ifdef __x86_64__
extern const Kernels kAvx2Kernels;  // needs AVX2, FMA and F16C
#endif

}  // namespace holo::lm
