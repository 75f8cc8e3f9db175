#include "plugins/holo-image/fast/block_reader.hpp"

namespace holo::image::fast {
namespace {

template <class Models>
inline void read(ReaderState& at, Contexts& contexts, const Surroundings& around, Levels& levels,
                 BlockTrace& trace) {
  SymbolReader<Models> reader(at);
  code_levels(reader, contexts, around, levels, trace);
  at = reader.at();
}

#if defined(HOLO_AVX2)
// Flattened: what is called inside is compiled for AVX2, too.
__attribute__((target("avx2,bmi,bmi2"), flatten)) void read_avx2(ReaderState& at,
                                                                 Contexts& contexts,
                                                                 const Surroundings& around,
                                                                 Levels& levels,
                                                                 BlockTrace& trace) {
  read<Avx2Models>(at, contexts, around, levels, trace);
}
#endif

}  // namespace

ReadLevels portable_read_levels() { return read<PortableModels>; }

ReadLevels avx2_read_levels() {
#if defined(HOLO_AVX2)
  if (runs_avx2() && __builtin_cpu_supports("bmi") != 0 && __builtin_cpu_supports("bmi2") != 0)
    return read_avx2;
#endif
  return nullptr;
}

ReadLevels fastest_read_levels() {
  static const ReadLevels fastest =
      avx2_read_levels() != nullptr ? avx2_read_levels() : read<AnywhereModels>;
  return fastest;
}

}  // namespace holo::image::fast
