// Reading the levels of a block, in the version that suits the processor.
#pragma once

#include "plugins/holo-image/fast/block_syntax.hpp"
#include "plugins/holo-image/fast/symbol_coder.hpp"

namespace holo::image::fast {

// code_levels of block_syntax.hpp, from where `at` stands.
using ReadLevels = void (*)(ReaderState& at, Contexts& contexts, const Surroundings& around,
                            Levels& levels, BlockTrace& trace);

[[nodiscard]] ReadLevels portable_read_levels();
// nullptr where the compiler or the processor has no AVX2.
[[nodiscard]] ReadLevels avx2_read_levels();
// The fastest that this processor runs.
[[nodiscard]] ReadLevels fastest_read_levels();

}  // namespace holo::image::fast
