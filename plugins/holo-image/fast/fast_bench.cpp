// holo-image-fast-bench: bytes, PSNR and speed of the fast profile, on one core, from 8-bit RGB
// planes to tiles of bytes and back.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

#include "plugins/holo-image/fast/tile_codec.hpp"
#include "plugins/holo-image/fast/train/ppm.hpp"
#include "plugins/holo-image/tile_grid.hpp"

namespace {

using namespace holo::image;

// Three planes and the unit that shows them.
struct Planes {
  explicit Planes(int width, int height)
      : samples(3, std::vector<std::uint8_t>(std::size_t(width) * std::size_t(height))),
        shape{height, width},
        strides{width, 1} {
    image.struct_size = sizeof image;
    image.width = width;
    image.height = height;
    image.bit_depth = 8;
    image.model = HOLO_RGB;
    for (std::size_t p = 0; p < 3; ++p) {
      DLTensor& t = tensors[p];
      t.data = samples[p].data();
      t.device = {kDLCPU, 0};
      t.ndim = 2;
      t.dtype = {kDLUInt, 8, 1};
      t.shape = shape;
      t.strides = strides;
      pointers[p] = &t;
    }
    raw.struct_size = sizeof raw;
    raw.kind = HOLO_PICTURE;
    raw.tensor_count = 3;
    raw.tensors = pointers;
    raw.image = &image;
  }
  Planes(const Planes&) = delete;

  std::vector<std::vector<std::uint8_t>> samples;
  std::int64_t shape[2], strides[2];
  DLTensor tensors[3]{};
  const DLTensor* pointers[3]{};
  holo_image image{};
  holo_unit raw{};
};

// Processor time, best of `rounds`: other processes then count for less.
template <class Work>
double time_of(int rounds, Work work) {
  double best = 1e9;
  for (int i = 0; i < rounds; ++i) {
    const std::clock_t start = std::clock();
    work();
    best = std::min(best, double(std::clock() - start) / CLOCKS_PER_SEC);
  }
  return best;
}

void measure(const std::string& name, const fast::PpmPicture& picture, int quality, int effort,
             int side, int rounds) {
  const Planes in(picture.width, picture.height), out(picture.width, picture.height);
  for (std::size_t i = 0; i < picture.rgb.size(); ++i)
    const_cast<std::uint8_t&>(in.samples[i % 3][i / 3]) = picture.rgb[i];
  const holo::Unit from(&in.raw), to(&out.raw);
  const TileGrid grid{picture.width, picture.height, side};
  const std::int64_t count = grid.columns() * grid.rows();
  std::vector<std::vector<std::uint8_t>> tiles{std::size_t(count)};
  const double encoding = time_of(rounds, [&] {
    for (std::int64_t i = 0; i < count; ++i)
      tiles[std::size_t(i)] =
          fast::encode_tile(read_tile(from, in.image, grid.region(i)), quality, effort);
  });
  const holo::Region whole{0, 0, picture.width, picture.height};
  const double decoding = time_of(3 * rounds, [&] {
    for (std::int64_t i = 0; i < count; ++i) {
      const holo::Region region = grid.region(i);
      const auto tile = fast::decode_tile(tiles[std::size_t(i)], tile_shape(in.image, region), 0);
      if (!tile.ok()) std::abort();
      write_tile(*tile, in.image, region, whole, to);
    }
  });
  std::size_t bytes = 0;
  for (const auto& tile : tiles) bytes += tile.size();
  double error = 0;
  for (std::size_t i = 0; i < picture.rgb.size(); ++i) {
    const double d = double(picture.rgb[i]) - out.samples[i % 3][i / 3];
    error += d * d;
  }
  const double pixels = double(picture.width) * picture.height;
  std::printf(
      "%s quality %d effort %d: %zu bytes, %.3f bpp, %.4f dB, encode %.1f MP/s, decode %.1f MP/s\n",
      name.c_str(), quality, effort, bytes, 8 * double(bytes) / pixels,
      10 * std::log10(255 * 255 * 3 * pixels / error), pixels / encoding / 1e6,
      pixels / decoding / 1e6);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) {
    std::fputs(
        "usage: holo-image-fast-bench QUALITY[,QUALITY...] EFFORT TILE ROUNDS PICTURE.ppm...\n",
        stderr);
    return 2;
  }
  for (int i = 5; i < argc; ++i) {
    const auto picture = fast::read_ppm(argv[i]);
    if (!picture.ok()) {
      std::fprintf(stderr, "%s\n", picture.error().message.c_str());
      return 1;
    }
    for (const char* at = argv[1]; *at != 0;) {
      char* end = nullptr;
      measure(argv[i], *picture, int(std::strtol(at, &end, 10)), std::atoi(argv[2]),
              std::atoi(argv[3]), std::atoi(argv[4]));
      at = *end == ',' ? end + 1 : end + std::string(end).size();
    }
  }
  return 0;
}
