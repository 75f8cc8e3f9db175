// Packets cost one byte in the steady case, and give back every number, time and chunk in all
// others.
#include "core/container/packet.hpp"

#include <limits>

#include "core/container/container_test_support.hpp"

using namespace holo;
using namespace holo::container;
using namespace holo::container::test;

namespace {

constexpr std::uint32_t kType = HOLO_FOURCC('f', 'r', 'a', 'm');

StreamInfo film(Rational time_base, Rational frame_rate) {
  StreamInfo stream;
  stream.kind = HOLO_FRAME;
  stream.image = make_image(64, 48, HOLO_YCBCR, false, 8);
  stream.time_base = time_base;
  stream.frame_rate = frame_rate;
  return stream;
}

UnitInfo frame(std::uint64_t index, std::int64_t pts, std::int64_t duration) {
  UnitInfo info;
  info.kind = HOLO_FRAME;
  info.index = index;
  info.pts = pts;
  info.duration = duration;
  return info;
}

// Sends frames through two contexts and checks what arrives.
class Wire {
 public:
  explicit Wire(const StreamInfo& stream, bool checksums = false)
      : out_(stream, kType, checksums), in_(stream, kType) {}

  // Gives the packet's bytes beyond the payload.
  std::size_t send(const UnitInfo& unit, const std::vector<ChunkView>& chunks) {
    const Bytes packet = must(build_packet(out_, unit, chunks));
    const Packet arrived = must(parse_packet(in_, packet));
    CHECK(arrived.unit.kind == HOLO_FRAME);
    CHECK(arrived.unit.index == unit.index);
    CHECK(arrived.unit.pts == unit.pts);
    CHECK(arrived.unit.duration == unit.duration);
    REQUIRE(arrived.chunks.size() == chunks.size());
    std::size_t overhead = packet.size();
    bool key = false;
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      const holo_chunk& sent = chunks[i].chunk;
      const holo_chunk& got = arrived.chunks[i].chunk;
      CHECK(got.type == sent.type);
      CHECK(got.unit == sent.unit);
      CHECK(got.part == sent.part);
      CHECK(got.flags == sent.flags);
      CHECK(got.size == sent.size);
      CHECK(std::ranges::equal(arrived.chunks[i].bytes, chunks[i].bytes));
      overhead -= chunks[i].bytes.size();
      key = key || (sent.flags & HOLO_CHUNK_KEY) != 0;
    }
    CHECK(arrived.key == key);
    return overhead;
  }
  // One chunk of the usual kind.
  std::size_t send(const UnitInfo& unit, bool key) {
    return send(unit,
                {{chunk("fram", unit.index, 0, bytes_.size(), key ? HOLO_CHUNK_KEY : 0), bytes_}});
  }
  PacketContext out_;
  PacketContext in_;
  Bytes bytes_ = payload(100, 3);
};

}  // namespace

TEST_CASE("At a constant frame rate a packet costs one byte, a key packet at most three") {
  Wire wire(film({1, 30000}, {30000, 1001}));
  for (std::uint64_t i = 0; i < 16384; ++i) {
    const bool key = i % 100 == 0;
    const std::size_t cost = wire.send(frame(i, static_cast<std::int64_t>(i) * 1001, 1001), key);
    REQUIRE(cost <= (key ? 3u : 1u));
  }
}

TEST_CASE("Milliseconds that round a frame rate cost no more than exact times") {
  Wire wire(film({1, 1000}, {24000, 1001}));
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const auto at = [](std::uint64_t n) {
      return static_cast<std::int64_t>((n * 1001 * 2 + 24) / 48);
    };
    REQUIRE(wire.send(frame(i, at(i), at(i + 1) - at(i)), i == 0) <= (i == 0 ? 2u : 1u));
  }
}

TEST_CASE("A start other than zero and a constant duration are stated once a key packet") {
  Wire wire(film({1, 1000}, {30, 1}));
  std::size_t cost = 0;
  for (std::uint64_t i = 0; i < 60; ++i) {
    const std::int64_t pts = wire.out_.predicted_pts(i) + 5000;
    cost += wire.send(frame(i, pts, 33), i % 30 == 0);
  }
  CHECK(cost <= 60 + 2 * 4);
}

TEST_CASE("Variable rates, frames out of order and extreme times come back exactly") {
  for (const Rational rate : {Rational{0, 1}, Rational{25, 1}, Rational{INT64_MAX, INT64_MAX}}) {
    Wire wire(film({1, 90000}, rate));
    constexpr std::int64_t kLow = std::numeric_limits<std::int64_t>::min();
    constexpr std::int64_t kHigh = std::numeric_limits<std::int64_t>::max();
    wire.send(frame(0, 17, 0), true);
    wire.send(frame(3, 9999, 5), false);
    wire.send(frame(1, 3333, -5), false);
    wire.send(frame(2, kLow, kHigh), false);
    wire.send(frame(4, kHigh, kLow), true);
    wire.send(frame(5, kLow, 0), false);
    wire.send(frame(HOLO_SHARED_UNIT - 1, 0, 0), false);
    wire.send(frame(7, -1, 1), false);
  }
}

TEST_CASE("A packet holds no chunk, several chunks, or one of another type") {
  for (const bool checksums : {false, true}) {
    Wire wire(film({1, 25}, {25, 1}), checksums);
    const Bytes a = payload(10, 1);
    const Bytes b = payload(200, 2);
    wire.send(frame(0, 0, 1), {{chunk("fram", 0, 0, 10, HOLO_CHUNK_KEY), a},
                               {chunk("fram", 0, 1, 200), b},
                               {chunk("more", 0, 0, 10), a},
                               {chunk("more", 0, 9, 0), {}}});
    wire.send(frame(1, 1, 1), std::vector<ChunkView>{});
    CHECK(wire.send(frame(2, 2, 1), {{chunk("more", 2, 0, 200), b}}) == 9 + (checksums ? 4u : 0u));
    wire.send(frame(3, 3, 1), {{chunk("fram", 3, 1, 200, 6), b}});
    wire.send(frame(4, 4, 1), false);
  }
}

TEST_CASE("A reader may begin at any key packet") {
  const StreamInfo stream = film({1, 1000}, {25, 1});
  PacketContext out(stream, kType);
  std::vector<Bytes> packets;
  const Bytes bytes = payload(20, 1);
  const auto pts = [](std::uint64_t i) { return static_cast<std::int64_t>(i) * 40 + 123; };
  for (std::uint64_t i = 0; i < 30; ++i) {
    const holo_chunk one = chunk("fram", i, 0, 20, i % 10 == 0 ? HOLO_CHUNK_KEY : 0);
    packets.push_back(
        must(build_packet(out, frame(i, pts(i), 41), std::vector<ChunkView>{{one, bytes}})));
  }
  PacketContext in(stream, kType);
  CHECK(parse_packet(in, packets[15]).error().code == HOLO_CORRUPT);
  for (std::uint64_t i = 20; i < 30; ++i) {
    const Packet packet = must(parse_packet(in, packets[i]));
    CHECK(packet.unit.index == i);
    CHECK(packet.unit.pts == pts(i));
    CHECK(packet.unit.duration == 41);
  }
}

TEST_CASE("Packets that break the rules are refused") {
  PacketContext context(film({1, 25}, {25, 1}), kType);
  const Bytes bytes = payload(4, 1);
  const auto code = [&](std::uint64_t unit, std::vector<ChunkView> chunks) {
    return build_packet(context, frame(unit, 0, 1), chunks).error().code;
  };
  CHECK(code(0, {{chunk("fram", 0, 0, 4), bytes}}) == HOLO_INVALID_ARG);  // no key packet yet
  const holo_chunk key = chunk("fram", 0, 0, 4, HOLO_CHUNK_KEY);
  CHECK(code(0, {{key, bytes}, {key, bytes}}) == HOLO_INVALID_ARG);
  CHECK(code(1, {{key, bytes}}) == HOLO_INVALID_ARG);
  CHECK(code(0, {{chunk("fra!", 0, 0, 4, HOLO_CHUNK_KEY), bytes}}) == HOLO_INVALID_ARG);
  CHECK(code(0, {{chunk("fram", 0, 0, 5, HOLO_CHUNK_KEY), bytes}}) == HOLO_INVALID_ARG);
  CHECK(code(HOLO_SHARED_UNIT, {}) == HOLO_INVALID_ARG);
}

TEST_CASE("A packet with a checksum shows every flipped bit and every cut") {
  const StreamInfo stream = film({1, 25}, {25, 1});
  PacketContext out(stream, kType, true);
  const Bytes bytes = payload(40, 1);
  const Bytes packet =
      must(build_packet(out, frame(9, 9, 1),
                        std::vector<ChunkView>{{chunk("fram", 9, 0, 40, HOLO_CHUNK_KEY), bytes}}));
  const auto refused = [&](const Bytes& changed) {
    PacketContext in(stream, kType);
    return !parse_packet(in, changed).ok();
  };
  for (std::size_t bit = 0; bit < packet.size() * 8; ++bit) {
    if (bit == 5) continue;  // takes the checksum flag away: its four bytes join the payload
    Bytes changed = packet;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    CHECK(refused(changed));
  }
  for (std::size_t size = 0; size < packet.size(); ++size) {
    CHECK(refused(Bytes(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size))));
  }
}

TEST_CASE("The private data of a stream hold header and shared chunks") {
  StreamStart start;
  start.header = picture_header();
  start.header.stream = film({1, 25}, {25, 1});
  start.header.metadata = {{"xmp", payload(9, 1)}};
  start.default_type = kType;
  const Bytes basis = payload(300, 2);
  start.shared = {{chunk("base", HOLO_SHARED_UNIT, 0, 300), basis},
                  {chunk("base", HOLO_SHARED_UNIT, 1, 300), basis},
                  {chunk("more", HOLO_SHARED_UNIT, 0, 0), {}}};
  Bytes bytes = must(build_stream_start(start));
  const StreamStart read = must(parse_stream_start(bytes));
  CHECK(read.header.format_id == "holo-image");
  CHECK(read.header.metadata[0].bytes == start.header.metadata[0].bytes);
  CHECK(read.default_type == kType);
  REQUIRE(read.shared.size() == 3);
  CHECK(read.shared[1].chunk.part == 1);
  CHECK(std::ranges::equal(read.shared[1].bytes, basis));

  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    CHECK(!parse_stream_start(bytes).ok());
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
  }
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK(!parse_stream_start(std::span(bytes).first(size)).ok());
  }
  bytes[0] = 2;
  const auto newer = parse_stream_start(bytes);
  CHECK(newer.error().code == HOLO_UNSUPPORTED);
  CHECK_THAT(newer.error().message, Catch::Contains("version 2") && Catch::Contains("version 1"));
}
