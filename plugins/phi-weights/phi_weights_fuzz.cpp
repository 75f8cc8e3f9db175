// libFuzzer: any bytes as the header and the row group of a small tensor.
#include "plugins/phi-weights/memory_job.hpp"

int fuzz_phi_weights(const std::uint8_t* data, std::size_t size) {
  using namespace phi_weights;
  constexpr std::size_t kHeaderBytes = 48;
  static MemoryJob job({make_tensor("w", {kDLFloat, 16, 1}, {12, 30})});
  const std::size_t cut = size < kHeaderBytes ? size : kHeaderBytes;
  job.chunks.clear();
  job.chunks[{0, kHeaderChunk, 0}].assign(data, data + cut);
  job.chunks[{0, kRowsChunk, 0}].assign(data + cut, data + size);
  for (const auto& [first, count] : {std::pair{0, 12}, std::pair{5, 2}}) {
    try {
      (void)job.render(0, first, count);
      (void)job.inspect();
    } catch (const holo::Failure&) {
      continue;  // refused, as damaged bytes may be
    }
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz_phi_weights(data, size);
}
