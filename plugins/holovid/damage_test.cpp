// Damaged frames: flips, cuts and splices of valid ones must end in a picture or an error.
#include <catch2/catch.hpp>

#include "plugins/holovid/frame_decoder.hpp"
#include "plugins/holovid/test_file.hpp"

int fuzz_holovid_decoder(const std::uint8_t* data, std::size_t size);

namespace holo::holovid {
namespace {

using namespace testing;

TEST_CASE("Damaged frames give an error or a picture, never more", "[holovid]") {
  ThreadedHost host(1);
  StoredVideo video;
  const holo_image image = make_image(40, 28, HOLO_YCBCR, 8, 1, 1);
  encode_video(video, image, 5, {45, 5, 3}, host);
  Format format;
  format.width = image.width;
  format.height = image.height;
  format.planes = 3;
  format.shift_x = format.shift_y = 1;
  Random random(11);
  int errors = 0;
  int pictures = 0;
  for (int round = 0; round < 3000; ++round) {
    auto frames = video.frames;
    const std::uint64_t target = random.below(5);
    auto& bytes = frames.at(target).bytes;
    switch (random.below(4)) {
      case 0:  // flips
        for (std::uint32_t i = 0; i <= random.below(4); ++i) {
          bytes[random.below(static_cast<unsigned>(bytes.size()))] ^=
              static_cast<std::uint8_t>(1u << random.below(8));
        }
        break;
      case 1:  // a cut
        bytes.resize(random.below(static_cast<unsigned>(bytes.size())));
        break;
      case 2: {  // a splice
        const auto& other = video.frames.at(random.below(5)).bytes;
        const std::size_t at = random.below(static_cast<unsigned>(bytes.size()));
        bytes.resize(at);
        bytes.insert(bytes.end(),
                     other.begin() + static_cast<std::ptrdiff_t>(
                                         random.below(static_cast<unsigned>(other.size()))),
                     other.end());
        break;
      }
      default:  // noise
        for (std::size_t i = 2 + random.below(8); i < bytes.size(); ++i) {
          bytes[i] = static_cast<std::uint8_t>(random.next());
        }
    }
    GopState state(format, 0, 0);
    for (std::uint64_t i = 0; i < 5; ++i) {
      const auto result = decode_frame(frames.at(i).bytes, state);
      if (!result.ok()) {
        CHECK(result.error().code == HOLO_CORRUPT);
        CHECK_FALSE(result.error().message.empty());
        ++errors;
        break;
      }
      ++pictures;
    }
  }
  CHECK(errors > 500);
  CHECK(pictures > 3000);
}

TEST_CASE("Noise in every format ends", "[holovid]") {
  Random random(12);
  for (int round = 0; round < 1500; ++round) {
    std::vector<std::uint8_t> bytes(3 + random.below(200));
    for (auto& b : bytes) b = static_cast<std::uint8_t>(random.next());
    if (bytes.size() > 5) {
      bytes[2] = static_cast<std::uint8_t>(20 + random.below(60));  // length of the first frame
      bytes[3] = kKeyFlag;
      bytes[4] %= 192;
      const std::size_t second = 3u + bytes[2];
      if (second + 2 < bytes.size()) {
        bytes[second + 1] = 0;
        bytes[second + 2] %= 192;
      }
    }
    CHECK(fuzz_holovid_decoder(bytes.data(), bytes.size()) == 0);
  }
}

}  // namespace
}  // namespace holo::holovid
