// CRC-32C eight bytes at a time: by the SSE4.2 instruction, or by eight tables.
#include "core/container/crc32c.hpp"

#include <array>
#include <cstddef>
#include <cstring>

namespace holo::container {
namespace {

constexpr std::uint32_t kPolynomial = 0x82F63B78u;  // reflected
using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    tables[0][i] = crc;
  }
  for (std::size_t t = 1; t < 8; ++t) {
    for (std::size_t i = 0; i < 256; ++i) {
      const std::uint32_t before = tables[t - 1][i];
      tables[t][i] = (before >> 8) ^ tables[0][before & 0xFFu];
    }
  }
  return tables;
}
constexpr Tables kTables = make_tables();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t by_instruction(std::span<const std::uint8_t> data,
                                                               std::uint32_t previous) {
  std::uint64_t crc = ~previous;
  std::size_t i = 0;
  for (; i + 8 <= data.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, data.data() + i, 8);
    crc = __builtin_ia32_crc32di(crc, word);
  }
  auto tail = static_cast<std::uint32_t>(crc);
  for (; i < data.size(); ++i) tail = __builtin_ia32_crc32qi(tail, data[i]);
  return ~tail;
}

bool has_instruction() {
  static const bool has = __builtin_cpu_supports("sse4.2") != 0;
  return has;
}
#endif

}  // namespace

std::uint32_t crc32c_by_tables(std::span<const std::uint8_t> data, std::uint32_t previous) {
  std::uint32_t crc = ~previous;
  std::size_t i = 0;
  for (; i + 8 <= data.size(); i += 8) {
    std::uint32_t next = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      next ^= kTables[7 - k][((crc >> (8 * k)) ^ data[i + k]) & 0xFFu];
      next ^= kTables[3 - k][data[i + 4 + k]];
    }
    crc = next;
  }
  for (; i < data.size(); ++i) crc = (crc >> 8) ^ kTables[0][(crc ^ data[i]) & 0xFFu];
  return ~crc;
}

std::uint32_t crc32c(std::span<const std::uint8_t> data, std::uint32_t previous) {
#if defined(__x86_64__)
  if (has_instruction()) return by_instruction(data, previous);
#endif
  return crc32c_by_tables(data, previous);
}

}  // namespace holo::container
