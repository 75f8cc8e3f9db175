// Pinned bytes: what these encoders write and these decoders read may only change with the
// bitstream version.
#include <catch2/catch.hpp>

#include "plugins/holo-image/tests/memory_boundary.hpp"

using namespace holo::image::test;

namespace {

std::vector<std::uint8_t> tile_of(const TestFile& file) {
  return file.chunks.at({holo::fourcc("tile"), 0, 0});
}
// Without the byte that names the profile.
std::vector<std::uint8_t> coded_of(const TestFile& file) {
  const std::vector<std::uint8_t> tile = tile_of(file);
  return {tile.begin() + 1, tile.end()};
}

// FNV-1a.
std::uint64_t digest(const std::vector<std::uint8_t>& bytes) {
  std::uint64_t hash = 14695981039346656037u;
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 1099511628211u;
  return hash;
}

std::uint64_t digest(const TestPicture& picture) {
  std::vector<std::uint8_t> samples;
  for (int p = 0; p < picture.planes(); ++p)
    for (int y = 0; y < picture.image.height; ++y)
      for (int x = 0; x < picture.image.width; ++x) {
        samples.push_back(std::uint8_t(picture.get(p, x, y)));
        samples.push_back(std::uint8_t(picture.get(p, x, y) >> 8));
      }
  return digest(samples);
}

// In integers, so that every machine makes the same picture.
TestPicture pattern(int width, int height, int model, int depth) {
  TestPicture picture(width, height, model, depth);
  for (int p = 0; p < picture.planes(); ++p)
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x)
        picture.set(
            p, x, y,
            std::uint16_t(((x * 5 + y * 3 + p * 40 + x * y / 9 % 32) & 255) << (depth - 8)));
  return picture;
}

}  // namespace

TEST_CASE("A flat grey block is the worked example of the specification") {
  TestPicture picture(8, 8, HOLO_GRAY);
  for (int y = 0; y < 8; ++y)
    for (int x = 0; x < 8; ++x) picture.set(0, x, y, 200);
  const TestFile file = encode(picture, fast(50));
  CHECK(tile_of(file) == std::vector<std::uint8_t>{0, 50, 200, 8, 24, 2, 0, 137, 132, 2, 0});
  const TestPicture back = render(file);
  CHECK(back.get(0, 0, 0) == 200);
  CHECK(back.get(0, 7, 7) == 200);
}

TEST_CASE("Fast tiles of two pictures keep their bytes and their samples") {
  const TestFile rgb = encode(pattern(61, 43, HOLO_RGB, 8), fast(55, "64"));
  CHECK(digest(coded_of(rgb)) == 0xd90867a20b0155a4u);
  CHECK(digest(render(rgb)) == 0xa89b43927460aea3u);
  CHECK(digest(render(rgb, {}, 3)) == 0xf8da56374bc3a593u);
  const TestFile gray = encode(pattern(30, 50, HOLO_GRAY, 16), fast(90, "64"));
  CHECK(digest(coded_of(gray)) == 0xf1cbcc863a5ddf4u);
  CHECK(digest(render(gray)) == 0xe17ad52770c53c2u);
}

TEST_CASE("Given numbers of an own basis render to the same samples") {
  // The encoder's floating point is left out: the numbers are set here.
  TestFile file = encode(pattern(24, 16, HOLO_RGB, 8), own_basis(2));
  std::uint32_t state = 1;
  for (auto& [key, bytes] : file.chunks)
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
      state = state * 1664525u + 1013904223u;
      const bool is_base = std::get<0>(key) == holo::fourcc("base");
      const bool is_mean = is_base && i < 2 * 192;
      // Mean 64..128, basis -0.25..0.25, coefficients -512..512.
      const std::uint32_t exponent = is_mean ? 21 : is_base ? 12 : 23;
      const std::uint32_t sign = is_mean ? 0 : state >> 31 << 15;
      const std::uint32_t half = sign | exponent << 10 | ((state >> 8) & 1023);
      bytes[i] = std::uint8_t(half);
      bytes[i + 1] = std::uint8_t(half >> 8);
    }
  CHECK(digest(render(file)) == 0x27f8f67b3683e505u);
  CHECK(digest(render(file, {}, 1)) == 0x13a251c85e1ac06au);
}

namespace {

// What the better profile makes of two pictures. They change with deep/holo-image.model: a test
// that fails prints the values to put here.
struct DeepGolden {
  std::size_t size;
  std::uint64_t bytes, samples;
};
constexpr DeepGolden kDeepRgb = {1813, 0xe78cdd39a790f228u, 0x2842d2e7c7b64a25u};
constexpr DeepGolden kDeepGray = {872, 0x22de4318b97803dcu, 0xcb5c3cbd5a6c5e07u};

void check_golden(const char* name, const TestFile& file, const DeepGolden& golden) {
  const std::vector<std::uint8_t> tile = tile_of(file);
  const std::uint64_t bytes = digest(tile), samples = digest(render(file));
  INFO("constexpr DeepGolden " << name << " = {" << tile.size() << ", 0x" << std::hex << bytes
                               << "u, 0x" << samples << "u};");
  CHECK((tile.size() == golden.size && bytes == golden.bytes && samples == golden.samples));
}

}  // namespace

TEST_CASE("Tiles of the better profile keep their bytes and their samples") {
  check_golden("kDeepRgb", encode(pattern(61, 43, HOLO_RGB, 8), trained(55)), kDeepRgb);
  check_golden("kDeepGray", encode(pattern(30, 50, HOLO_GRAY, 16), trained(90)), kDeepGray);
}
