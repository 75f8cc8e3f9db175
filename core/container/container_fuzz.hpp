// Entry points of the fuzz target, shared with the mutation test.
#pragma once

#include <cstddef>
#include <cstdint>

// Any bytes as a .holo file: opened, listed, every chunk read whole and in part, verified.
int fuzz_holo_file(const std::uint8_t* data, std::size_t size);
// Any bytes as the private data of a stream, then again as a header alone.
int fuzz_stream_start(const std::uint8_t* data, std::size_t size);
// Any bytes as packets, each led by its length in one byte.
int fuzz_packets(const std::uint8_t* data, std::size_t size);
