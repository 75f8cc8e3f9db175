// libFuzzer: any bytes through the binary decoder, its contexts and exp-golomb.
#include <array>

#include "core/entropy/context.hpp"

int fuzz_binary_decoder(const std::uint8_t* data, std::size_t size) {
  using namespace holo::entropy;
  BinaryDecoder decoder({data, size});
  std::array<AdaptiveBit, 16> contexts;
  std::uint32_t state = 0;
  for (int i = 0; i < 100000 && !decoder.damaged(); ++i) {
    state = state * 2 + (decode_bit(decoder, contexts[state & 15]) ? 1u : 0u);
    if ((state & 63) == 7) state ^= decode_exp_golomb(decoder);
    if ((state & 63) == 11) state ^= decoder.decode_bypass(static_cast<int>(state >> 27));
    if ((state & 63) == 13) state ^= decoder.decode(state) ? 1u : 0u;
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz_binary_decoder(data, size);
}
