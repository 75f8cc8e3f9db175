// libFuzzer: any bytes as a frequency table, and the rest as a stream of that table.
#include <cstdlib>

#include "core/entropy/rans.hpp"

int fuzz_rans(const std::uint8_t* data, std::size_t size) {
  using namespace holo::entropy;
  const std::size_t cut = size < 64 ? size / 2 : 64;
  BinaryDecoder coder({data, cut});
  const auto table = FrequencyTable::read(coder);
  if (!table.ok()) return 0;
  std::vector<std::uint16_t> symbols(size);
  const bool ok = RansDecoder(*table).decode({data + cut, size - cut}, symbols).ok();
  for (const std::uint16_t symbol : symbols) {
    if (symbol >= table->size()) std::abort();
  }
  if (ok && !rans_encode(*table, symbols).ok()) std::abort();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz_rans(data, size);
}
