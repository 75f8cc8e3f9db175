// CRC-32C (Castagnoli, RFC 3720 appendix B.4): polynomial 0x1EDC6F41 reflected, initial value and
// final xor 0xFFFFFFFF. The CRC-32C of "123456789" is 0xE3069283.
#pragma once

#include <cstdint>
#include <span>

namespace holo::container {

// `previous` is the CRC of the bytes before `data`, so that a CRC may be built piece by piece.
// Uses the processor's instruction where there is one.
[[nodiscard]] std::uint32_t crc32c(std::span<const std::uint8_t> data, std::uint32_t previous = 0);
// The same by tables, on any processor.
[[nodiscard]] std::uint32_t crc32c_by_tables(std::span<const std::uint8_t> data,
                                             std::uint32_t previous = 0);

}  // namespace holo::container
