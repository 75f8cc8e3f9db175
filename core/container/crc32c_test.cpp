// CRC-32C against its published check values, and the two ways to compute it against each other.
#include "core/container/crc32c.hpp"

#include <string>

#include "core/container/container_test_support.hpp"

using namespace holo::container;
using holo::container::test::Bytes;

TEST_CASE("CRC-32C gives the published values") {
  const std::string digits = "123456789";
  CHECK(crc32c(Bytes(digits.begin(), digits.end())) == 0xE3069283u);
  CHECK(crc32c(Bytes(32, 0x00)) == 0x8A9136AAu);  // RFC 3720 B.4
  CHECK(crc32c(Bytes(32, 0xFF)) == 0x62A8AB43u);
  CHECK(crc32c({}) == 0);
}

TEST_CASE("CRC-32C by instruction and by tables agree at every length and alignment") {
  const Bytes bytes = test::payload(600, 1);
  for (std::size_t start = 0; start < 9; ++start) {
    for (std::size_t size = 0; size + start <= 300; ++size) {
      const auto piece = std::span(bytes).subspan(start, size);
      REQUIRE(crc32c(piece, 77) == crc32c_by_tables(piece, 77));
    }
  }
}

TEST_CASE("CRC-32C of the whole is that of its pieces, one after another") {
  const Bytes bytes = test::payload(1000, 2);
  const auto all = std::span<const std::uint8_t>(bytes);
  for (std::size_t cut = 0; cut <= 1000; cut += 37) {
    CHECK(crc32c(all.subspan(cut), crc32c(all.first(cut))) == crc32c(all));
  }
}
