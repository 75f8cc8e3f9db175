// Thousands of damaged inputs through the fuzz target's parsers: no crash, no hang, and no single
// allocation out of proportion to the input.
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>
#include <random>

#include "core/container/container_fuzz.hpp"
#include "core/container/container_test_support.hpp"
#include "core/container/packet.hpp"

namespace {

std::atomic<std::size_t> largest_allocation{0};

}  // namespace

// This binary's allocations are watched: a parser that trusts a hostile size shows here.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  if (size > largest_allocation.load()) largest_allocation.store(size);
  return std::malloc(size == 0 ? 1 : size);
}
void* operator new(std::size_t size) {
  void* pointer = operator new(size, std::nothrow);
  if (pointer == nullptr) throw std::bad_alloc();
  return pointer;
}
void operator delete(void* pointer) noexcept { std::free(pointer); }
void operator delete(void* pointer, std::size_t) noexcept { std::free(pointer); }

using namespace holo;
using namespace holo::container;
using namespace holo::container::test;

namespace {

// Flips, cuts, splices, repeats and plants extreme bytes, a few at a time.
Bytes mutate(const Bytes& source, const Bytes& other, std::mt19937& random) {
  Bytes bytes = source;
  const auto below = [&](std::size_t limit) {
    return static_cast<std::size_t>(random() % std::max<std::size_t>(limit, 1));
  };
  const auto at = [&](std::size_t place) { return static_cast<std::ptrdiff_t>(place); };
  for (std::size_t step = 0; step <= below(4); ++step) {
    if (bytes.empty()) break;
    const std::size_t place = below(bytes.size());
    switch (random() % 6) {
      case 0:
        bytes[place] ^= static_cast<std::uint8_t>(1u << (random() % 8));
        break;
      case 1:
        bytes[place] = static_cast<std::uint8_t>(random());
        break;
      case 2:
        bytes.resize(place);
        break;
      case 3:
        std::fill_n(bytes.begin() + at(place), std::min<std::size_t>(9, bytes.size() - place),
                    static_cast<std::uint8_t>(0xFF));
        break;
      case 4:
        bytes.insert(bytes.begin() + at(place), other.begin() + at(below(other.size())),
                     other.end());
        break;
      default:
        bytes.erase(bytes.begin() + at(place),
                    bytes.begin() + at(std::min(bytes.size(), place + 1 + below(20))));
    }
  }
  return bytes;
}

void run(const std::vector<Bytes>& seeds, int (*target)(const std::uint8_t*, std::size_t),
         int rounds) {
  std::mt19937 random(20240607);
  for (const Bytes& seed : seeds) target(seed.data(), seed.size());
  for (int i = 0; i < rounds; ++i) {
    const Bytes& source = seeds[random() % seeds.size()];
    const Bytes bytes = mutate(source, seeds[random() % seeds.size()], random);
    largest_allocation = 0;
    target(bytes.data(), bytes.size());
    INFO("round " << i << ", " << bytes.size() << " bytes of input");
    REQUIRE(largest_allocation <= 64 * bytes.size() + 4096);
  }
}

Bytes small_picture() {
  ContainerHeader header = picture_header();
  header.metadata = {{"exif", payload(20, 1)}};
  return written(header, [](ContainerWriter& writer) {
    must(writer.write(chunk("head", HOLO_SHARED_UNIT, 0, 30), payload(30, 1)));
    for (std::uint32_t i = 0; i < 4; ++i) {
      must(writer.write(chunk("tile", 0, i, 50), payload(50, i)));
    }
  });
}

Bytes indexed_tensors() {
  ContainerHeader header = picture_header();
  header.stream = {};
  header.stream.kind = HOLO_TENSOR;
  return written(header, [](ContainerWriter& writer) {
    for (std::uint64_t i = 0; i < 12; ++i) {
      UnitInfo info;
      info.kind = HOLO_TENSOR;
      info.index = i;
      info.name = "layer." + std::to_string(i);
      info.dtype = {kDLFloat, 32, 1};
      info.shape = {4, 5};
      must(writer.begin_unit(info));
      must(writer.write(chunk("data", i, 0, 25), payload(25, 1)));
      must(writer.write(chunk("more", i, 0, 5), payload(5, 1)));
    }
  });
}

Bytes timed_frames() {
  ContainerHeader header = picture_header();
  header.stream.kind = HOLO_FRAME;
  header.stream.unit_count = 0;
  header.stream.time_base = {1, 25};
  return written(header, [](ContainerWriter& writer) {
    for (std::uint64_t i = 0; i < 10; ++i) {
      UnitInfo info;
      info.kind = HOLO_FRAME;
      info.index = i;
      info.pts = static_cast<std::int64_t>(i);
      must(writer.begin_unit(info));
      must(writer.write(chunk("fram", i, 0, 9, i % 5 == 0 ? HOLO_CHUNK_KEY : 0), payload(9, 1)));
    }
  });
}

}  // namespace

TEST_CASE("Damaged .holo files neither crash nor hang nor eat memory") {
  run({small_picture(), indexed_tensors(), timed_frames()}, fuzz_holo_file, 20000);
}

TEST_CASE("Damaged private data neither crash nor hang nor eat memory") {
  StreamStart start;
  start.header = picture_header();
  start.header.metadata = {{"icc", payload(20, 1)}};
  start.default_type = HOLO_FOURCC('f', 'r', 'a', 'm');
  const Bytes base = payload(30, 2);
  start.shared = {{chunk("base", HOLO_SHARED_UNIT, 0, 30), base}};
  run({must(build_stream_start(start))}, fuzz_stream_start, 20000);
}

TEST_CASE("Damaged packets neither crash nor hang nor eat memory") {
  StreamInfo stream;
  stream.time_base = {1, 1000};
  stream.frame_rate = {30000, 1001};
  Bytes seed;
  for (const bool checksums : {false, true}) {
    PacketContext context(stream, HOLO_FOURCC('f', 'r', 'a', 'm'), checksums);
    const Bytes data = payload(12, 3);
    for (std::uint64_t i = 0; i < 12; ++i) {
      UnitInfo unit;
      unit.kind = HOLO_FRAME;
      unit.index = i == 7 ? 9 : i;
      unit.pts = static_cast<std::int64_t>(i * i * 33);
      unit.duration = static_cast<std::int64_t>(i);
      const std::uint32_t flags = i % 6 == 0 ? HOLO_CHUNK_KEY : 0;
      std::vector<ChunkView> chunks = {{chunk("fram", unit.index, 0, 12, flags), data}};
      if (i % 4 == 3) chunks.push_back({chunk("more", unit.index, 2, 12), data});
      const Bytes packet = must(build_packet(context, unit, chunks));
      seed.push_back(static_cast<std::uint8_t>(packet.size()));
      seed.insert(seed.end(), packet.begin(), packet.end());
    }
  }
  run({seed}, fuzz_packets, 20000);
}
