// Fixed points of the .holo file, shared by its writer and its reader; docs/format.md has the rest.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace holo::container {

// No text file begins with the first byte.
inline constexpr std::array<std::uint8_t, 4> kMagic = {0x8F, 'H', 'L', 'O'};
inline constexpr std::size_t kChecksumBytes = 4;

// The last byte of a file without an index: the CRC-32C of its record headers, folded.
[[nodiscard]] constexpr std::uint8_t fold(std::uint32_t crc) {
  return static_cast<std::uint8_t>(crc ^ crc >> 8 ^ crc >> 16 ^ crc >> 24);
}

// The last bytes of a file with an index: u64 size of the index, u32 CRC-32C, magic.
inline constexpr std::array<std::uint8_t, 4> kFooterMagic = {'H', 'L', 'O', 'X'};
inline constexpr std::size_t kFooterBytes = 16;

}  // namespace holo::container
