// Opens bytes as a .holovid and reads all that can be read; for the fuzzer and the mutation test.
#pragma once

#include <cstddef>
#include <cstdint>

int fuzz_matroska(const std::uint8_t* data, std::size_t size);
