// Fuzz target of the decoder: any bytes as a group of frames, in any format.
#include <cstddef>
#include <cstdint>
#include <span>

#include "plugins/holovid/frame_decoder.hpp"

// The first byte picks a format, the second the size; then each frame has its length in one byte
// (or the rest), then its bytes.
int fuzz_holovid_decoder(const std::uint8_t* data, std::size_t size) {
  using namespace holo::holovid;
  if (size < 3) return 0;
  Format format;
  format.depth = 1 + data[0] % 16;
  format.planes = (data[0] & 16) != 0 ? 3 : 1;
  format.shift_x = format.planes == 3 ? (data[0] >> 5) & 1 : 0;
  format.shift_y = format.planes == 3 ? (data[0] >> 6) & 1 : 0;
  format.width = 1 + (data[1] & 15) * 9;
  format.height = 1 + (data[1] >> 4) * 9;
  GopState state(format, 0, data[0] >> 7);
  std::span<const std::uint8_t> rest(data + 2, size - 2);
  for (int frames = 0; frames < 8 && !rest.empty(); ++frames) {
    std::size_t length = rest[0];
    rest = rest.subspan(1);
    if (length == 255 || length > rest.size()) length = rest.size();
    if (!decode_frame(rest.first(length), state).ok()) break;
    rest = rest.subspan(length);
  }
  return 0;
}

#ifdef HOLOVID_FUZZER
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz_holovid_decoder(data, size);
}
#endif
