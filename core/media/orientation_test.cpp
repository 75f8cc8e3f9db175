// EXIF orientation: all eight values, read, turned, kept and rewritten.
#include <array>
#include <catch2/catch.hpp>

#include "core/media/exif.hpp"
#include "core/media/media_test_support.hpp"

namespace holo::media::test {
namespace {

// A 3x2 plane of distinct samples as it is to be seen, and how a camera stores it for each
// orientation, row by row (EXIF: where the 0th row and 0th column of the stored picture lie).
constexpr std::array<std::array<int, 6>, 9> kStored = {{{},
                                                        {1, 2, 3, 4, 5, 6},    // top, left
                                                        {3, 2, 1, 6, 5, 4},    // top, right
                                                        {6, 5, 4, 3, 2, 1},    // bottom, right
                                                        {4, 5, 6, 1, 2, 3},    // bottom, left
                                                        {1, 4, 2, 5, 3, 6},    // left, top
                                                        {3, 6, 2, 5, 1, 4},    // right, top
                                                        {6, 3, 5, 2, 4, 1},    // right, bottom
                                                        {4, 1, 5, 2, 6, 3}}};  // left, bottom

UnitBuffer stored(int orientation, int depth = 8) {
  const bool swap = orientation > 4;
  holo_image image = make_image(swap ? 2 : 3, swap ? 3 : 2, HOLO_GRAY, false, depth);
  image.orientation = orientation;
  auto unit = UnitBuffer::planes(HOLO_PICTURE, image, 4096);
  REQUIRE(unit.ok());
  for (int i = 0; i < 6; ++i) {
    set_sample(*unit, 0, i % image.width, i / image.width,
               static_cast<std::uint32_t>(
                   kStored[static_cast<std::size_t>(orientation)][static_cast<std::size_t>(i)]));
  }
  return std::move(unit).value();
}

void check_seen(const UnitBuffer& unit) {
  REQUIRE(unit.image->width == 3);
  REQUIRE(unit.image->height == 2);
  REQUIRE(unit.image->orientation == 1);
  for (int i = 0; i < 6; ++i)
    CHECK(sample(unit, 0, i % 3, i / 3) == static_cast<std::uint32_t>(i + 1));
}

}  // namespace

TEST_CASE("every orientation is turned as EXIF defines it, at 8 and 16 bit") {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    for (const int depth : {8, 16}) {
      CAPTURE(orientation, depth);
      const auto unit = upright(stored(orientation, depth));
      REQUIRE(unit.ok());
      check_seen(*unit);
    }
  }
}

TEST_CASE("every orientation in EXIF reaches the unit, and the planes stay as stored") {
  for (const std::string format : {"png", "jpg"}) {
    for (const bool big_endian : {false, true}) {
      for (int orientation = 1; orientation <= 8; ++orientation) {
        CAPTURE(format, big_endian, orientation);
        auto unit = stored(orientation);
        const Metadata exif{"exif", make_exif(orientation, big_endian)};
        const auto picture = decode(*encode(format, unit, {exif}));
        REQUIRE(picture.ok());
        CHECK(picture->unit.image->orientation == orientation);
        CHECK(picture->unit.image->width == unit.image->width);
        REQUIRE(picture->metadata.size() == 1);
        CHECK(picture->metadata[0].bytes == exif.bytes);
      }
    }
  }
}

TEST_CASE("a turned picture without EXIF is written upright") {
  for (const std::string format : {"png", "ppm", "pgm", "pam"}) {
    for (int orientation = 1; orientation <= 8; ++orientation) {
      auto unit = stored(orientation);
      const auto picture = decode(*encode(format, unit));
      REQUIRE(picture.ok());
      check_seen(picture->unit);
    }
  }
  auto unit = stored(6);
  const Metadata exif{"exif", make_exif(6, true)};
  check_seen(decode(*encode("pgm", unit, {exif}))->unit);
}

TEST_CASE("EXIF follows planes that were turned in the meantime") {
  auto unit = stored(1);
  const auto picture = decode(*encode("png", unit, {{"exif", make_exif(6, false)}}));
  REQUIRE(picture.ok());
  check_seen(picture->unit);
  CHECK(picture->metadata[0].bytes == make_exif(1, false));
}

TEST_CASE("an EXIF block without orientation is kept, and the picture written upright") {
  Bytes exif = make_exif(6, true);
  exif[11] = 0x13;  // another tag
  auto unit = stored(8);
  const auto picture = decode(*encode("png", unit, {{"exif", exif}}));
  REQUIRE(picture.ok());
  check_seen(picture->unit);
  CHECK(picture->metadata[0].bytes == exif);
}

TEST_CASE("a damaged EXIF block means upright, at every length and value") {
  for (const bool big_endian : {false, true}) {
    const Bytes exif = make_exif(6, big_endian);
    CHECK(exif_orientation(exif) == 6);
    for (std::size_t size = 0; size < 22; ++size) {
      CHECK(!exif_orientation(std::span(exif.data(), size)).has_value());
    }
    CHECK(!exif_orientation(make_exif(0, big_endian)).has_value());
    CHECK(!exif_orientation(make_exif(9, big_endian)).has_value());
    mutate(exif, 3000, [](const Bytes& bytes) {
      const auto value = exif_orientation(bytes);
      REQUIRE((!value || (*value >= 1 && *value <= 8)));
    });
  }
}

TEST_CASE("upright turns subsampled chroma by way of RGB") {
  holo_image image = make_image(6, 4, HOLO_YCBCR, false, 8);
  image.chroma_shift_x = 1;
  image.chroma_shift_y = 1;
  image.orientation = 6;
  const auto unit = upright(make_picture(image));
  REQUIRE(unit.ok());
  CHECK(unit->image->model == HOLO_RGB);
  CHECK(unit->image->width == 4);
  CHECK(unit->image->orientation == 1);
}

}  // namespace holo::media::test
