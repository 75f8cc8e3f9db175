// The codec through its boundary: what comes back, in any order, on any number of threads.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "plugins/holovid/frame_decoder.hpp"
#include "plugins/holovid/frame_encoder.hpp"
#include "plugins/holovid/test_file.hpp"

namespace holo::holovid {
namespace {

using namespace testing;

double peak_ratio(const std::vector<int>& a, const std::vector<int>& b, int depth) {
  REQUIRE(a.size() == b.size());
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += double(a[i] - b[i]) * (a[i] - b[i]);
  const double top = (1 << depth) - 1;
  return 10 * std::log10(top * top / std::max(sum / static_cast<double>(a.size()), 1e-9));
}

struct Case {
  const char* name;
  holo_image image;
};

std::vector<Case> cases() {
  return {
      {"8-bit 4:2:0", make_image(96, 80, HOLO_YCBCR, 8, 1, 1)},
      {"10-bit 4:2:2 of an odd size", make_image(75, 53, HOLO_YCBCR, 10, 1, 0)},
      {"8-bit 4:4:4", make_image(64, 40, HOLO_YCBCR, 8, 0, 0)},
      {"8-bit 4:4:0", make_image(40, 72, HOLO_YCBCR, 8, 0, 1)},
      {"12-bit 4:2:0", make_image(70, 66, HOLO_YCBCR, 12, 1, 1)},
      {"16-bit grey", make_image(65, 33, HOLO_GRAY, 16, 0, 0)},
      {"8-bit RGB", make_image(48, 48, HOLO_RGB, 8, 0, 0)},
      {"4-bit grey", make_image(33, 31, HOLO_GRAY, 4, 0, 0)},
      {"1-bit grey", make_image(20, 20, HOLO_GRAY, 1, 0, 0)},
      {"one pixel", make_image(1, 1, HOLO_YCBCR, 8, 1, 1)},
      {"one row", make_image(130, 1, HOLO_YCBCR, 8, 1, 1)},
  };
}

TEST_CASE("Encoder and decoder reconstruct every frame alike", "[holovid]") {
  for (const Case& c : cases()) {
    for (const int quality : {15, 60, 100}) {
      INFO(c.name << ", quality " << quality);
      Format format;
      format.width = c.image.width;
      format.height = c.image.height;
      format.planes = c.image.model == HOLO_GRAY ? 1 : 3;
      format.depth = c.image.bit_depth;
      format.shift_x = c.image.model == HOLO_YCBCR ? c.image.chroma_shift_x : 0;
      format.shift_y = c.image.model == HOLO_YCBCR ? c.image.chroma_shift_y : 0;
      GopState encoding(format, 0, 0);
      GopState decoding(format, 0, 0);
      for (int i = 0; i < 6; ++i) {
        FrameBuffer frame(c.image, static_cast<std::uint64_t>(i), c.image.width, c.image.height);
        draw(frame, format.depth, i, 7);
        Picture source(format);
        for (int p = 0; p < format.planes; ++p) {
          const DLTensor& plane = *frame.unit()->tensors[p];
          load_plane(format, p, {plane.data, plane.strides[0]},
                     source.planes[static_cast<std::size_t>(p)]);
        }
        const EncodedFrame encoded = encode_frame(source, 148 - quality, 7, encoding);
        auto decoded = decode_frame(encoded.bytes, decoding);
        REQUIRE(decoded.ok());
        for (int p = 0; p < format.planes; ++p) {
          const Plane& a = encoded.reconstruction->picture.planes[static_cast<std::size_t>(p)];
          const Plane& b = decoded.value()->picture.planes[static_cast<std::size_t>(p)];
          bool same = true;
          for (int y = -a.border_y(); y < a.height() + a.border_y(); ++y) {
            const std::uint16_t* row = a.at(-a.border_x(), y);
            same =
                same && std::equal(row, row + a.width() + 2 * a.border_x(), b.at(-a.border_x(), y));
          }
          REQUIRE(same);
        }
      }
    }
  }
}

TEST_CASE("A frame stopped half way leaves its group as it was", "[holovid]") {
  Format format;
  format.width = 72;
  format.height = 136;
  struct Stop {};
  const RowDone stop = [] { throw Stop{}; };
  GopState encoding(format, 0, 0);
  GopState decoding(format, 0, 0);
  for (int i = 0; i < 3; ++i) {
    Picture source(format);
    for (int y = 0; y < format.height; ++y) {
      for (int x = 0; x < format.width; ++x) {
        *source.planes[0].at(x, y) = static_cast<std::uint16_t>((x * 3 + y * 2 + i * 5) & 255);
      }
    }
    GopState untouched = encoding;
    CHECK_THROWS_AS(encode_frame(source, 80, 3, encoding, stop), Stop);
    int rows = 0;
    const EncodedFrame encoded = encode_frame(source, 80, 3, encoding, [&] { ++rows; });
    CHECK(rows == 3);
    CHECK(encoded.bytes == encode_frame(source, 80, 3, untouched).bytes);
    CHECK_THROWS_AS(decode_frame(encoded.bytes, decoding, stop), Stop);
    CHECK(decode_frame(encoded.bytes, decoding).ok());
  }
}

TEST_CASE("Quality 100 comes close to the source and quality 0 stays small", "[holovid]") {
  for (const Case& c : cases()) {
    INFO(c.name);
    ThreadedHost host(1);
    StoredVideo fine;
    StoredVideo coarse;
    encode_video(fine, c.image, 5, {100, 4, 5}, host);
    encode_video(coarse, c.image, 5, {0, 4, 5}, host);
    Player player(fine, host);
    std::size_t fine_bytes = 0;
    std::size_t coarse_bytes = 0;
    for (std::uint64_t i = 0; i < 5; ++i) {
      FrameBuffer frame(c.image, i, c.image.width, c.image.height);
      draw(frame, c.image.bit_depth, static_cast<int>(i), 1);
      if (c.image.bit_depth >= 8) {
        CHECK(peak_ratio(player.render(i), frame.samples(), c.image.bit_depth) > 42);
      }
      fine_bytes += fine.frames.at(i).bytes.size();
      coarse_bytes += coarse.frames.at(i).bytes.size();
    }
    CHECK(coarse_bytes <= fine_bytes);
  }
}

TEST_CASE("The bytes do not depend on the number of workers", "[holovid]") {
  const holo_image image = make_image(72, 56, HOLO_YCBCR, 8, 1, 1);
  ThreadedHost one(1);
  StoredVideo expected;
  encode_video(expected, image, 17, {50, 4, 4}, one);
  REQUIRE(expected.frames.size() == 17);
  for (const std::uint32_t workers : {2u, 3u, 8u}) {
    ThreadedHost host(workers);
    StoredVideo video;
    encode_video(video, image, 17, {50, 4, 4}, host);
    CHECK(video.frames == expected.frames);
    CHECK(std::is_sorted(video.order.begin(), video.order.end()));
  }
}

TEST_CASE("Key frames come every gop frames", "[holovid]") {
  ThreadedHost host(2);
  StoredVideo video;
  encode_video(video, make_image(24, 24, HOLO_GRAY, 8, 0, 0), 11, {50, 5, 1}, host);
  for (const auto& [index, frame] : video.frames) {
    CHECK(((frame.flags & HOLO_CHUNK_KEY) != 0) == (index % 5 == 0));
    CHECK((frame.bytes[0] & kKeyFlag) == (index % 5 == 0 ? 1 : 0));
  }
}

TEST_CASE("Frames render alike in any order and on any number of workers", "[holovid]") {
  const holo_image image = make_image(75, 53, HOLO_YCBCR, 10, 1, 0);
  ThreadedHost host(1);
  StoredVideo video;
  encode_video(video, image, 19, {50, 6, 3}, host);
  std::vector<std::vector<int>> expected;
  Player straight(video, host);
  for (std::uint64_t i = 0; i < 19; ++i) expected.push_back(straight.render(i));
  for (const std::uint32_t workers : {1u, 2u, 5u}) {
    ThreadedHost many(workers);
    Player ahead(video, many);
    for (std::uint64_t i = 0; i < 19; ++i) CHECK(ahead.render(i, true) == expected[i]);
    CHECK(ahead.render(3, true) == expected[3]);
    Player jumping(video, many);
    Random random(workers);
    for (int i = 0; i < 25; ++i) {
      const auto frame = random.below(19);
      CHECK(jumping.render(frame, random.below(2) == 0) == expected[frame]);
    }
  }
}

TEST_CASE("One frame is rendered without touching other groups", "[holovid]") {
  ThreadedHost host(4);
  StoredVideo video;
  encode_video(video, make_image(40, 40, HOLO_YCBCR, 8, 1, 1), 20, {50, 5, 2}, host);
  Player player(video, host);
  (void)player.render(12);
  CHECK(video.reads == 3);  // 10, 11, 12
  (void)player.render(13);
  CHECK(video.reads == 4);
  (void)player.render(13);
  CHECK(video.reads == 4);
}

TEST_CASE("A region is the same samples as in the whole frame", "[holovid]") {
  const holo_image image = make_image(75, 53, HOLO_YCBCR, 8, 1, 1);
  ThreadedHost host(1);
  StoredVideo video;
  encode_video(video, image, 3, {50, 3, 2}, host);
  Player player(video, host);
  const std::vector<int> whole = player.render(2);
  const Region region{22, 14, 31, 39};
  const std::vector<int> part = player.render(2, false, 0, region);
  std::size_t at = 0;
  std::size_t start = 0;
  for (int p = 0; p < 3; ++p) {
    const int s = p > 0 ? 1 : 0;
    const std::int64_t stride = (75 + s) >> s;
    for (std::int64_t y = 0; y < (region.height + s) >> s; ++y) {
      for (std::int64_t x = 0; x < (region.width + s) >> s; ++x) {
        const auto index =
            static_cast<std::size_t>(((region.y >> s) + y) * stride + (region.x >> s) + x);
        REQUIRE(part[at++] == whole[start + index]);
      }
    }
    start += static_cast<std::size_t>(stride * ((53 + s) >> s));
  }
  CHECK(at == part.size());
}

TEST_CASE("More components bring a frame closer to the source", "[holovid]") {
  const holo_image image = make_image(64, 64, HOLO_YCBCR, 8, 1, 1);
  ThreadedHost host(1);
  StoredVideo video;
  encode_video(video, image, 1, {85, 1, 5}, host);
  FrameBuffer source(image, 0, 64, 64);
  draw(source, 8, 0, 1);
  Player player(video, host);
  double before = 0;
  for (const int components : {1, 6, 30, 1024}) {
    const double ratio = peak_ratio(player.render(0, false, components), source.samples(), 8);
    CHECK(ratio > before);
    before = ratio;
  }
  CHECK(player.render(0, false, 1024) == player.render(0));
}

TEST_CASE("Missing and misplaced frames are named", "[holovid]") {
  ThreadedHost host(1);
  StoredVideo video;
  encode_video(video, make_image(32, 32, HOLO_YCBCR, 8, 1, 1), 8, {50, 4, 1}, host);
  const auto failure = [&](const StoredVideo& from, std::uint64_t frame) -> Failure {
    Player player(from, host);
    try {
      (void)player.render(frame);
    } catch (const Failure& caught) {
      return caught;
    }
    return Failure(HOLO_OK, "");
  };
  const auto copy = [&](StoredVideo& to) {
    to.image = video.image;
    to.stream = video.stream;
    to.stream.image = &to.image;
    to.values = video.values;
    to.frames = video.frames;
  };
  StoredVideo missing;
  copy(missing);
  missing.frames.erase(5);
  CHECK(failure(missing, 7).status() == HOLO_NOT_FOUND);
  CHECK(failure(missing, 7).unit() == 5);
  CHECK(failure(missing, 3).status() == HOLO_OK);
  StoredVideo headless;
  copy(headless);
  headless.frames.erase(0);
  CHECK(failure(headless, 2).status() == HOLO_NOT_FOUND);
  CHECK(failure(headless, 2).unit() == 2);
  StoredVideo swapped;
  copy(swapped);
  std::swap(swapped.frames.at(4).bytes, swapped.frames.at(5).bytes);
  CHECK(failure(swapped, 6).status() == HOLO_CORRUPT);
  CHECK(failure(swapped, 6).unit() == 4);
  StoredVideo empty;
  copy(empty);
  empty.frames.at(6).bytes.clear();
  CHECK(failure(empty, 7).status() == HOLO_CORRUPT);
  CHECK(failure(empty, 7).unit() == 6);
}

TEST_CASE("A cancelled decode can go on", "[holovid]") {
  ThreadedHost host(2);
  StoredVideo video;
  encode_video(video, make_image(32, 32, HOLO_YCBCR, 8, 1, 1), 8, {50, 4, 1}, host);
  for (const bool sequential : {false, true}) {
    Player player(video, host);
    host.cancel_at = host.progress_calls + 1;
    CHECK_THROWS_AS(player.render(sequential ? 0 : 3, sequential), Cancelled);
    host.cancel_at = -1;
    Player other(video, host);
    for (std::uint64_t i = 0; i < 8; ++i) CHECK(player.render(i, sequential) == other.render(i));
  }
}

TEST_CASE("What holovid does not code is refused with the reason", "[holovid]") {
  ThreadedHost host(1);
  StoredVideo video;
  holo_image alpha = make_image(32, 32, HOLO_RGB, 8, 0, 0);
  alpha.has_alpha = 1;
  CHECK_THROWS_WITH(encode_video(video, alpha, 1, {}, host), Catch::Contains("alpha"));
  CHECK_THROWS_WITH(
      encode_video(video, make_image(100000, 100000, HOLO_GRAY, 8, 0, 0), 0, {}, host),
      Catch::Contains("luma samples"));
  CHECK_THROWS_AS(encode_video(video, make_image(0, 3, HOLO_GRAY, 8, 0, 0), 0, {}, host), Failure);
}

}  // namespace
}  // namespace holo::holovid
