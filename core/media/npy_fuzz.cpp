// libFuzzer target of the npy reader: any bytes, opened and read whole.
#include "core/media/tensor_codecs.hpp"

namespace {

int fuzz_npy(const std::uint8_t* data, std::size_t size) {
  const auto reader = holo::memory_reader({data, data + size});
  const auto file = holo::media::open_npy(*reader);
  if (!file.ok()) return 0;
  for (std::size_t i = 0; i < (*file)->tensors().size(); ++i) {
    if (!(*file)->read(i).ok()) __builtin_trap();  // what opening accepted can be read
  }
  return 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz_npy(data, size);
}
