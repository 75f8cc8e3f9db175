// Fuzzes the note reader.
#include <cstddef>
#include <cstdint>

#include "core/host/elf_note.hpp"

int fuzz_elf_note(const std::uint8_t* data, std::size_t size) {
  const auto note = holo::host::parse_elf_note({data, size});
  if (note.ok() && note->torch_version.size() > 64) __builtin_trap();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz_elf_note(data, size);
}
