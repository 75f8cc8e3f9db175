// libFuzzer target of the PNM reader: any bytes, within a small limit.
#include "core/media/picture_codecs.hpp"

namespace {

int fuzz_pnm(const std::uint8_t* data, std::size_t size) {
  const auto reader = holo::memory_reader({data, data + size});
  const auto picture = holo::media::read_pnm(*reader, holo::media::Limits{1 << 20});
  if (picture.ok() && !holo::validate_image(*picture->unit.image, 1 << 20).ok()) __builtin_trap();
  return 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz_pnm(data, size);
}
