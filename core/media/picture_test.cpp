// Round trips of every picture format and type, and what each format refuses.
#include <png.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <numeric>

#include "core/media/media_test_support.hpp"

namespace holo::media::test {
namespace {

using Catch::Contains;

// Any bytes will do as a profile: it is carried, not used. The first two formats cut it
// differently.
Bytes make_profile(std::size_t size) {
  Bytes bytes(size);
  std::mt19937 random(7);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

// PNG by libpng's own hand, for what this room never writes: palettes, low depths, interlacing.
struct PngRecipe {
  int type = PNG_COLOR_TYPE_PALETTE;
  int depth = 8;
  int interlace = PNG_INTERLACE_NONE;
  bool transparent = false;
  int width = 13;
  int height = 9;
};

void append(png_structp png, png_bytep data, std::size_t size) {
  auto* out = static_cast<Bytes*>(png_get_io_ptr(png));
  out->insert(out->end(), data, data + size);
}

std::uint32_t recipe_value(const PngRecipe& recipe, int x, int y) {
  return static_cast<std::uint32_t>(x * 3 + y * 5) % (1u << std::min(recipe.depth, 8));
}

Bytes make_png(const PngRecipe& recipe) {
  Bytes out;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(png, &out, append, [](png_structp) {});
  png_set_IHDR(png, info, static_cast<png_uint_32>(recipe.width),
               static_cast<png_uint_32>(recipe.height), recipe.depth, recipe.type, recipe.interlace,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  std::vector<png_color> palette(1u << std::min(recipe.depth, 8));
  for (std::size_t i = 0; i < palette.size(); ++i) {
    const auto value = static_cast<png_byte>(i);
    palette[i] = {value, static_cast<png_byte>(255 - value), static_cast<png_byte>(value / 2)};
  }
  const bool indexed = recipe.type == PNG_COLOR_TYPE_PALETTE;
  if (indexed) png_set_PLTE(png, info, palette.data(), static_cast<int>(palette.size()));
  const std::array<png_byte, 2> alphas = {0, 128};
  png_color_16 key{};
  key.gray = 1;
  if (recipe.transparent && indexed) png_set_tRNS(png, info, alphas.data(), 2, nullptr);
  if (recipe.transparent && !indexed) png_set_tRNS(png, info, nullptr, 0, &key);
  png_write_info(png, info);
  png_set_packing(png);
  std::vector<Bytes> rows;
  std::vector<png_bytep> pointers;
  for (int y = 0; y < recipe.height; ++y) {
    Bytes row;
    for (int x = 0; x < recipe.width; ++x) {
      row.push_back(static_cast<std::uint8_t>(recipe_value(recipe, x, y)));
    }
    rows.push_back(std::move(row));
  }
  for (auto& row : rows) pointers.push_back(row.data());
  png_write_image(png, pointers.data());
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return out;
}

std::uint32_t crc32_of(const Bytes& bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const auto byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0u);
  }
  return ~crc;
}

// `chunk` behind IHDR, as an encoder of animations or tags would place it.
Bytes with_chunk(const Bytes& png, const std::string& name, const Bytes& data) {
  const auto big = [](std::uint32_t v) {
    return Bytes{static_cast<std::uint8_t>(v >> 24), static_cast<std::uint8_t>(v >> 16),
                 static_cast<std::uint8_t>(v >> 8), static_cast<std::uint8_t>(v)};
  };
  Bytes body = bytes_of(name);
  body.insert(body.end(), data.begin(), data.end());
  Bytes chunk = big(static_cast<std::uint32_t>(data.size()));
  chunk.insert(chunk.end(), body.begin(), body.end());
  const Bytes crc = big(crc32_of(body));
  chunk.insert(chunk.end(), crc.begin(), crc.end());
  Bytes out = png;
  out.insert(out.begin() + 33, chunk.begin(), chunk.end());
  return out;
}

double mean_difference(const UnitBuffer& a, const UnitBuffer& b) {
  double sum = 0;
  double count = 0;
  for (std::size_t p = 0; p < a.plane_count(); ++p) {
    for (std::int64_t y = 0; y < a.plane_height(p); ++y) {
      for (std::int64_t x = 0; x < a.plane_width(p); ++x, ++count) {
        sum += std::abs(static_cast<double>(sample(a, p, x, y)) -
                        static_cast<double>(sample(b, p, x, y)));
      }
    }
  }
  return sum / count;
}

}  // namespace

TEST_CASE("PNG and PAM give back every model, alpha and depth they hold") {
  for (const std::string format : {"png", "pam"}) {
    for (const int model : {HOLO_GRAY, HOLO_RGB}) {
      for (const bool alpha : {false, true}) {
        for (const int depth : {8, 16}) {
          CAPTURE(format, model, alpha, depth);
          auto unit = make_picture(make_image(37, 21, model, alpha, depth));
          const auto bytes = encode(format, unit);
          REQUIRE(bytes.ok());
          const auto picture = decode(*bytes);
          REQUIRE(picture.ok());
          CHECK(equal(picture->unit, unit));
        }
      }
    }
  }
}

TEST_CASE("PNM keeps depths of 9 to 16 bit, and PNG stretches them exactly to 16") {
  for (int depth = 9; depth <= 16; ++depth) {
    CAPTURE(depth);
    auto unit = make_picture(make_image(16, 5, HOLO_RGB, false, depth));
    const auto ppm = decode(*encode("ppm", unit));
    REQUIRE(ppm.ok());
    CHECK(equal(ppm->unit, unit));
    const auto png = decode(*encode("png", unit));
    REQUIRE(png.ok());
    REQUIRE(png->unit.image->bit_depth == 16);
    const std::uint64_t max = (1u << depth) - 1;
    for (int x = 0; x < 16; ++x) {
      const std::uint64_t value = sample(unit, 1, x, 3);
      CHECK(sample(png->unit, 1, x, 3) == (value * 65535 + max / 2) / max);
    }
  }
}

TEST_CASE("depths below 8 bit are stretched to 8 in PNG and JPEG") {
  auto unit = make_picture(make_image(16, 16, HOLO_GRAY, false, 4));
  set_sample(unit, 0, 0, 0, 15);
  set_sample(unit, 0, 1, 0, 1);
  const auto png = decode(*encode("png", unit));
  REQUIRE(png.ok());
  CHECK(sample(png->unit, 0, 0, 0) == 255);
  CHECK(sample(png->unit, 0, 1, 0) == 17);
  CHECK(decode(*encode("jpg", unit)).ok());
}

TEST_CASE("palettes, low depths, keyed transparency and interlacing are expanded") {
  for (const int interlace : {PNG_INTERLACE_NONE, PNG_INTERLACE_ADAM7}) {
    for (const int type : {PNG_COLOR_TYPE_PALETTE, PNG_COLOR_TYPE_GRAY}) {
      for (const int depth : {1, 2, 4, 8}) {
        for (const bool transparent : {false, true}) {
          CAPTURE(interlace, type, depth, transparent);
          const PngRecipe recipe{type, depth, interlace, transparent};
          const auto picture = decode(make_png(recipe));
          REQUIRE(picture.ok());
          const bool indexed = type == PNG_COLOR_TYPE_PALETTE;
          const holo_image& image = *picture->unit.image;
          CHECK(image.model == (indexed ? HOLO_RGB : HOLO_GRAY));
          CHECK(image.bit_depth == 8);
          REQUIRE(image.has_alpha == (transparent ? 1 : 0));
          for (int y = 0; y < recipe.height; ++y) {
            for (int x = 0; x < recipe.width; ++x) {
              const std::uint32_t value = recipe_value(recipe, x, y);
              const std::uint32_t grey = value * 255 / ((1u << depth) - 1);
              REQUIRE(sample(picture->unit, 0, x, y) == (indexed ? value : grey));
              if (indexed) REQUIRE(sample(picture->unit, 1, x, y) == 255 - value);
              if (!transparent) continue;
              const std::uint32_t keyed = value == 1 ? 0 : 255;
              const std::uint32_t listed = value == 0 ? 0 : value == 1 ? 128 : 255;
              REQUIRE(sample(picture->unit, indexed ? 3 : 1, x, y) == (indexed ? listed : keyed));
            }
          }
        }
      }
    }
  }
}

TEST_CASE("an interlaced 16-bit PNG comes out like a plain one") {
  PngRecipe recipe{PNG_COLOR_TYPE_GRAY, 8, PNG_INTERLACE_ADAM7, false, 1, 1};
  for (const auto& [width, height] : {std::pair{1, 1}, {2, 7}, {8, 3}, {9, 9}, {31, 17}}) {
    recipe.width = width;
    recipe.height = height;
    const auto interlaced = decode(make_png(recipe));
    recipe.interlace = PNG_INTERLACE_NONE;
    const auto plain = decode(make_png(recipe));
    recipe.interlace = PNG_INTERLACE_ADAM7;
    REQUIRE(interlaced.ok());
    REQUIRE(plain.ok());
    CHECK(equal(interlaced->unit, plain->unit));
  }
}

TEST_CASE("JPEG comes back close, grey as grey and colour at full chroma resolution") {
  for (const int model : {HOLO_GRAY, HOLO_RGB}) {
    auto unit = make_picture(make_image(61, 43, model, false, 8));
    // Slopes without wrapping, as JPEG is made for.
    for (std::size_t p = 0; p < unit.plane_count(); ++p) {
      for (int y = 0; y < 43; ++y) {
        for (int x = 0; x < 61; ++x) {
          set_sample(unit, p, x, y,
                     static_cast<std::uint32_t>(40 + 2 * x + y + 30 * static_cast<int>(p)));
        }
      }
    }
    const auto bytes = encode("jpg", unit, {}, 95);
    REQUIRE(bytes.ok());
    const auto picture = decode(*bytes);
    REQUIRE(picture.ok());
    CHECK(picture->unit.image->model == model);
    CHECK(mean_difference(picture->unit, unit) < 1.5);
    constexpr std::array<std::uint8_t, 2> kFrame = {0xff, 0xc0};
    const auto frame = std::search(bytes->begin(), bytes->end(), kFrame.begin(), kFrame.end());
    REQUIRE(frame != bytes->end());
    CHECK(frame[11] == 0x11);  // sampling factors of the first component
    CHECK(encode("jpg", unit, {}, 50)->size() < bytes->size());
  }
}

TEST_CASE("ICC and EXIF come back to the byte, whatever they are") {
  for (const std::string format : {"png", "jpg"}) {
    for (const std::size_t size : {1u, 3144u, 65519u, 200000u}) {
      CAPTURE(format, size);
      auto unit = make_picture(make_image(24, 16, HOLO_RGB, false, 8));
      const Metadata icc{"icc", make_profile(size)};
      const Metadata exif{"exif", make_exif(1, true)};
      const auto bytes = encode(format, unit, {icc, exif});
      REQUIRE(bytes.ok());
      const auto picture = decode(*bytes);
      REQUIRE(picture.ok());
      REQUIRE(picture->metadata.size() == 2);
      CHECK(picture->metadata[0].name == "icc");
      CHECK(picture->metadata[0].bytes == icc.bytes);
      CHECK(picture->metadata[1].name == "exif");
      CHECK(picture->metadata[1].bytes == exif.bytes);
    }
  }
}

TEST_CASE("writing the same picture twice gives the same bytes") {
  auto unit = make_picture(make_image(40, 30, HOLO_RGB, false, 8));
  for (const std::string format : {"png", "jpg", "ppm", "pam"}) {
    CHECK(*encode(format, unit, {{"icc", make_profile(500)}}) ==
          *encode(format, unit, {{"icc", make_profile(500)}}));
  }
}

TEST_CASE("PNG carries colour tags, as sRGB or as code points") {
  auto unit = make_picture(make_image(8, 8, HOLO_RGB, false, 8));
  const auto png = encode("png", unit);
  CHECK(decode(*png)->unit.image->transfer == 2);
  const auto srgb = decode(with_chunk(*png, "sRGB", {0}));
  REQUIRE(srgb.ok());
  CHECK(srgb->unit.image->primaries == 1);
  CHECK(srgb->unit.image->transfer == 13);
  for (const auto& [primaries, transfer] : {std::pair{1, 13}, {9, 16}}) {
    unit.image->primaries = primaries;
    unit.image->transfer = transfer;
    const auto tagged = decode(*encode("png", unit));
    REQUIRE(tagged.ok());
    CHECK(tagged->unit.image->primaries == primaries);
    CHECK(tagged->unit.image->transfer == transfer);
  }
}

TEST_CASE("an animated PNG is refused by name, one frame of it is a still") {
  auto unit = make_picture(make_image(8, 8, HOLO_RGB, false, 8));
  const auto png = encode("png", unit);
  const auto animated = decode(with_chunk(*png, "acTL", {0, 0, 0, 5, 0, 0, 0, 0}));
  REQUIRE(!animated.ok());
  CHECK(animated.error().code == HOLO_UNSUPPORTED);
  CHECK_THAT(animated.error().message, Contains("APNG") && Contains("5 frames"));
  CHECK(decode(with_chunk(*png, "acTL", {0, 0, 0, 1, 0, 0, 0, 0})).ok());
}

TEST_CASE("sizes that cannot be are refused before anything is allocated") {
  auto unit = make_picture(make_image(8, 8, HOLO_GRAY, false, 8));
  const Bytes valid = *encode("png", unit);
  const auto claim = [&valid](std::uint32_t width, std::uint32_t height) {
    Bytes header = {'I', 'H', 'D', 'R'};
    for (const auto v : {width, height}) {
      for (int shift = 24; shift >= 0; shift -= 8) {
        header.push_back(static_cast<std::uint8_t>(v >> shift));
      }
    }
    header.insert(header.end(), {8, 0, 0, 0, 0});
    Bytes bytes = valid;
    std::copy(header.begin(), header.end(), bytes.begin() + 12);
    const std::uint32_t crc = crc32_of(header);
    for (int i = 0; i < 4; ++i) bytes[29 + i] = static_cast<std::uint8_t>(crc >> (24 - 8 * i));
    return bytes;
  };
  CHECK(decode(claim(8, 8)).ok());
  CHECK(decode(claim(0, 0)).error().code == HOLO_CORRUPT);
  CHECK(decode(claim(100000, 100000)).error().code == HOLO_NO_MEMORY);
  CHECK_THAT(decode(claim(100000, 100000)).error().message, Contains("100000x100000"));
  CHECK(decode(claim(30000, 30000)).error().code == HOLO_CORRUPT);
  CHECK(decode(claim(1, 1 << 24), Limits{1 << 26}).error().code == HOLO_NO_MEMORY);
  CHECK(decode(bytes_of("P5 0 0 255\n")).error().code == HOLO_CORRUPT);
  CHECK(decode(bytes_of("P6 100000 100000 255\nabc")).error().code == HOLO_NO_MEMORY);
  CHECK(decode(bytes_of("P5 9999999999 9999999999 255\n")).error().code == HOLO_CORRUPT);
  CHECK(decode(bytes_of("P5 60000 60000 255\nabc")).error().code == HOLO_CORRUPT);
}

TEST_CASE("PNM headers are read with comments and any greatest value") {
  const auto grey = decode(bytes_of("P5 # a comment\n2 # two\n 1\n100\n"));
  CHECK(grey.error().code == HOLO_CORRUPT);
  Bytes bytes = bytes_of("P5 # a comment\n2 # two\n 1\n100\n");
  bytes.insert(bytes.end(), {0, 100});
  const auto picture = decode(bytes);
  REQUIRE(picture.ok());
  CHECK(picture->unit.image->bit_depth == 8);
  CHECK(sample(picture->unit, 0, 1, 0) == 255);
  bytes.back() = 101;
  CHECK_THAT(decode(bytes).error().message, Contains("above the greatest value 100"));
  bytes.back() = 100;
  bytes.push_back('\n');
  CHECK(decode(bytes).ok());
  bytes.push_back('P');
  CHECK(decode(bytes).error().code == HOLO_UNSUPPORTED);
  bytes.back() = 'x';
  CHECK(decode(bytes).error().code == HOLO_CORRUPT);
}

TEST_CASE("PAM without a tuple type goes by its channels") {
  Bytes bytes = bytes_of("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 2\nMAXVAL 255\nENDHDR\nab");
  const auto picture = decode(bytes);
  REQUIRE(picture.ok());
  CHECK(picture->unit.image->model == HOLO_GRAY);
  CHECK(picture->unit.image->has_alpha == 1);
  bytes = bytes_of("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 5\nMAXVAL 255\nENDHDR\nabcde");
  CHECK(decode(bytes).error().code == HOLO_UNSUPPORTED);
  bytes = bytes_of("P7\nWIDTH 1\nDEPTHS 5\nENDHDR\n");
  CHECK(decode(bytes).error().code == HOLO_CORRUPT);
}

TEST_CASE("what a format cannot hold is refused, with what to use instead") {
  auto alpha = make_picture(make_image(8, 8, HOLO_RGB, true, 8));
  auto deep = make_picture(make_image(8, 8, HOLO_RGB, false, 10));
  auto colour = make_picture(make_image(8, 8, HOLO_RGB, false, 8));
  auto grey = make_picture(make_image(8, 8, HOLO_GRAY, false, 8));
  CHECK_THAT(encode("jpg", alpha).error().message, Contains("alpha") && Contains(".png"));
  CHECK_THAT(encode("jpg", deep).error().message, Contains("10 bits") && Contains(".png"));
  CHECK_THAT(encode("ppm", alpha).error().message, Contains(".pam"));
  CHECK_THAT(encode("pgm", colour).error().message, Contains(".ppm"));
  CHECK(encode("jpg", colour, {{"exif", Bytes(70000)}}).error().code == HOLO_UNSUPPORTED);
  CHECK(encode("jpg", colour, {}, 0).error().code == HOLO_INVALID_ARG);
  const auto ppm = decode(*encode("ppm", grey));
  REQUIRE(ppm.ok());
  CHECK(ppm->unit.image->model == HOLO_RGB);
  CHECK(sample(ppm->unit, 2, 3, 3) == sample(grey, 0, 3, 3));
}

TEST_CASE("foreign formats are named") {
  const auto message = [](const std::string& first) {
    Bytes bytes = bytes_of(first);
    bytes.resize(64);
    const auto result = decode(bytes);
    REQUIRE(!result.ok());
    CHECK(result.error().code == HOLO_UNSUPPORTED);
    return result.error().message;
  };
  CHECK_THAT(message("GIF89a"), Contains("GIF"));
  CHECK_THAT(message("RIFF....WEBPVP8 "), Contains("WebP"));
  CHECK_THAT(message(std::string("\0\0\0\x1c", 4) + "ftypavif"), Contains("AVIF"));
  CHECK_THAT(message("\xff\x0a"), Contains("JPEG XL"));
  CHECK_THAT(message(std::string("II*\0", 4)), Contains("TIFF"));
  CHECK_THAT(message("P3 1 1 255 0 0 0"), Contains("PNM"));
  CHECK_THAT(message("hello, world"), Contains("not a picture"));
}

TEST_CASE("formats are found by extension in any case and listed for help") {
  CHECK(picture_format_for_path("/a.b/c.PNG")->name == "png");
  CHECK(picture_format_for_path("c.jpeg")->name == "jpeg");
  CHECK(picture_format_for_path("/a.png/c") == nullptr);
  CHECK(picture_format_for_path("c.gif") == nullptr);
  for (const auto& format : picture_formats()) CHECK((format.reads && format.writes));
}

TEST_CASE("a CMYK JPEG is refused by name") {
  // The head of a baseline JPEG with four components; no scan is ever reached.
  Bytes bytes = {0xff, 0xd8, 0xff, 0xc0, 0, 20,   8, 0, 8,    0, 8,    4,    1, 0x11,
                 0,    2,    0x11, 0,    3, 0x11, 0, 4, 0x11, 0, 0xff, 0xda, 0, 14,
                 4,    1,    0,    2,    0, 3,    0, 4, 0,    0, 63,   0};
  bytes.resize(80);
  const auto picture = decode(bytes);
  REQUIRE(!picture.ok());
  CHECK(picture.error().code == HOLO_UNSUPPORTED);
  CHECK_THAT(picture.error().message, Contains("CMYK"));
}

TEST_CASE("a full disk is an error, not a short picture") {
  auto unit = make_picture(make_image(256, 256, HOLO_RGB, false, 8));
  for (const std::string format : {"png", "jpg", "ppm"}) {
    CAPTURE(format);
    auto file = AtomicFile::create("/dev/full", true);
    REQUIRE(file.ok());
    Status status = write_picture(**file, *picture_format_for_path("x." + format), unit, {}, {});
    if (status.ok()) status = (*file)->commit();
    REQUIRE(!status.ok());
    CHECK(status.error().code == HOLO_IO);
  }
}

}  // namespace holo::media::test
