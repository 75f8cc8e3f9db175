// Damaged pictures: every cut is an error, and no mutation crashes, hangs or allocates past limits.
#include <catch2/catch.hpp>

#include "core/media/media_test_support.hpp"

namespace holo::media::test {
namespace {

constexpr Limits kSmall{1 << 20};

Bytes make_file(const std::string& format) {
  const bool alpha = format == "png" || format == "pam";
  auto unit = make_picture(make_image(29, 19, HOLO_RGB, alpha, 8));
  const std::vector<Metadata> metadata = {{"icc", Bytes(300, 42)}, {"exif", make_exif(3, true)}};
  auto bytes = encode(format, unit, metadata);
  REQUIRE(bytes.ok());
  return std::move(bytes).value();
}

}  // namespace

TEST_CASE("a picture cut anywhere is damaged, never a part of a picture") {
  for (const std::string format : {"png", "jpg", "ppm", "pam"}) {
    const Bytes valid = make_file(format);
    REQUIRE(decode(valid).ok());
    for (std::size_t size = 12; size < valid.size(); ++size) {
      CAPTURE(format, size, valid.size());
      const auto picture =
          decode(Bytes(valid.begin(), valid.begin() + static_cast<std::ptrdiff_t>(size)));
      REQUIRE(!picture.ok());
      CHECK(picture.error().code == HOLO_CORRUPT);
      CHECK(picture.error().message.find("truncated") != std::string::npos);
    }
  }
}

TEST_CASE("any flipped bit of a PNG is noticed") {
  const Bytes valid = make_file("png");
  const auto original = decode(valid);
  for (std::size_t i = 0; i < valid.size(); ++i) {
    CAPTURE(i);
    Bytes bytes = valid;
    bytes[i] ^= static_cast<std::uint8_t>(1u << (i % 8));
    REQUIRE(!decode(bytes, kSmall).ok());
  }
}

TEST_CASE("mutated pictures give a picture within the limits or an error with words") {
  for (const std::string format : {"png", "jpg", "ppm", "pam"}) {
    CAPTURE(format);
    int errors = 0;
    mutate(make_file(format), 3000, [&errors](const Bytes& bytes) {
      const auto picture = decode(bytes, kSmall);
      if (picture.ok()) {
        REQUIRE(validate_image(*picture->unit.image, kSmall.max_bytes).ok());
        return;
      }
      ++errors;
      REQUIRE(picture.error().code != HOLO_OK);
      REQUIRE(picture.error().code != HOLO_INTERNAL);
      REQUIRE(picture.error().message.size() > 20);
    });
    CHECK(errors > 300);
  }
}

TEST_CASE("a compressed profile that grows without end is cut off") {
  // 70 MB of zeros in an iCCP chunk are refused; the chunk itself stays small.
  auto unit = make_picture(make_image(8, 8, HOLO_GRAY, false, 8));
  auto bytes = encode("png", unit, {{"icc", Bytes(std::size_t{70} << 20)}});
  REQUIRE(bytes.ok());
  const auto picture = decode(*bytes);
  REQUIRE(!picture.ok());
  CHECK(picture.error().code == HOLO_CORRUPT);
  CHECK(picture.error().message.find("iCCP") != std::string::npos);
}

}  // namespace holo::media::test
