// Pins the bitstream: stored bytes must decode to the same samples for ever, and the encoder must
// keep writing the same bytes.
#include <catch2/catch.hpp>
#include <span>

#include "plugins/holovid/frame_decoder.hpp"
#include "plugins/holovid/test_file.hpp"

namespace holo::holovid {
namespace {

using namespace testing;

template <class Values>
std::uint64_t fingerprint(const Values& values, std::uint64_t hash = 14695981039346656037u) {
  for (const auto value : values) {
    hash = (hash ^ static_cast<std::uint64_t>(value)) * 1099511628211u;
  }
  return hash;
}

struct Golden {
  const char* name;
  holo_image image;
  std::uint64_t bytes;    // fingerprint of the coded frames
  std::uint64_t samples;  // fingerprint of the rendered frames
};

TEST_CASE("Coded bytes and rendered samples stay what they were", "[holovid]") {
  const Golden goldens[] = {
      {"8-bit 4:2:0", make_image(72, 56, HOLO_YCBCR, 8, 1, 1), 0xa52b16ec495f8490u,
       0x49bef33c040ffc7eu},
      {"10-bit 4:2:2", make_image(75, 53, HOLO_YCBCR, 10, 1, 0), 0x106df69b251f708eu,
       0xbe7a32fb801e99e4u},
      {"16-bit grey", make_image(33, 70, HOLO_GRAY, 16, 0, 0), 0xfab25c6f672ff238u,
       0x8bf31ca89f561b46u},
      {"8-bit RGB", make_image(40, 24, HOLO_RGB, 8, 0, 0), 0x956ace1902c6759cu,
       0x05e98a12525088b5u},
  };
  for (const Golden& golden : goldens) {
    INFO(golden.name);
    ThreadedHost host(1);
    StoredVideo video;
    encode_video(video, golden.image, 7, {55, 5, 6}, host);
    Player player(video, host);
    std::uint64_t bytes = fingerprint(std::vector<int>{});
    std::uint64_t samples = bytes;
    for (std::uint64_t i = 0; i < 7; ++i) {
      bytes = fingerprint(video.frames.at(i).bytes, bytes);
      samples = fingerprint(player.render(i), samples);
    }
    CHECK(bytes == golden.bytes);
    CHECK(samples == golden.samples);
  }
}

// Three frames of 24 x 16 luma samples, 8-bit 4:2:0.
const std::vector<std::vector<std::uint8_t>> kStored = {
    {
        0x01, 0x6e, 0x1c, 0x8c, 0x89, 0x71, 0x9d, 0x0d, 0x0a, 0x9b, 0x78, 0x8d, 0x97, 0x09, 0x68,
        0xcf, 0x82, 0x99, 0xd6, 0xd4, 0xba, 0xe0, 0xc9, 0x99, 0x52, 0x17, 0x85, 0xd2, 0xcf, 0x95,
        0x5c, 0xd9, 0x3d, 0xe8, 0x46, 0x73, 0xf0, 0xc0, 0x80, 0x46, 0xe9, 0xd9, 0xdb, 0x86, 0xb4,
        0x78, 0xbc, 0xb9, 0xa1, 0xbb, 0xd3, 0x63, 0xca, 0x6b, 0x12, 0x12, 0x46, 0x4e, 0xdf, 0x81,
        0xad, 0x07, 0x17, 0x17, 0x5e, 0xef, 0x19, 0xe8, 0x66, 0x74, 0x7c, 0xde, 0x1f, 0xc5, 0x3a,
        0x82, 0xfb, 0x65, 0x04, 0x43, 0xa4, 0x8e, 0xd5, 0x44, 0x50,
    },
    {
        0x00, 0x7e, 0x2c, 0x72, 0x45, 0x02, 0x71, 0xa4, 0x36, 0x3b, 0xc5, 0x38,
        0x8c, 0x79, 0xfb, 0x23, 0x0f, 0x5d, 0x79, 0x1c, 0xf6, 0xd7, 0xfa, 0xa0,
        0x6e, 0xd7, 0xde, 0x8b, 0x2a, 0x23, 0xac, 0xf8, 0x8a, 0x07, 0x90, 0x7d,
        0x11, 0x2f, 0x3e, 0xdc, 0xb5, 0xd0, 0x5a, 0x34, 0xf4, 0x52, 0x80,
    },
    {
        0x00, 0x7c, 0x49, 0x67, 0xf3, 0x0d, 0xdd, 0xfc, 0x71, 0x91, 0x9a, 0x70, 0xa5, 0xc7,
        0x34, 0x9d, 0x46, 0xa1, 0xf4, 0x51, 0x8a, 0xa7, 0x17, 0x9b, 0x1d, 0x5a, 0xb5, 0x83,
        0xda, 0x14, 0x64, 0xa1, 0xe0, 0xab, 0x1b, 0xb9, 0x81, 0xf4, 0x07, 0xb0,
    },
};

TEST_CASE("Stored frames decode to the same samples", "[holovid]") {
  Format format;
  format.width = 24;
  format.height = 16;
  format.planes = 3;
  format.shift_x = format.shift_y = 1;
  GopState state(format, 0, 0);
  std::uint64_t samples = fingerprint(std::vector<int>{});
  for (const auto& bytes : kStored) {
    const auto frame = decode_frame(bytes, state);
    REQUIRE(frame.ok());
    for (int p = 0; p < 3; ++p) {
      const Plane& plane = frame.value()->picture.planes[static_cast<std::size_t>(p)];
      for (int y = 0; y < plane.height(); ++y) {
        samples = fingerprint(std::span(plane.at(0, y), static_cast<std::size_t>(plane.width())),
                              samples);
      }
    }
  }
  CHECK(samples == 0x1052ea298fc20631u);
}

}  // namespace
}  // namespace holo::holovid
