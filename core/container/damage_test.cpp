// Every flipped bit and every cut of small files: detected or harmless, and what is whole is read.
#include <algorithm>

#include "core/container/byte_io.hpp"
#include "core/container/container_test_support.hpp"
#include "core/container/header.hpp"

using namespace holo;
using namespace holo::container;
using namespace holo::container::test;

namespace {

struct Sample {
  std::string name;
  Bytes bytes;
  std::vector<ChunkEntry> chunks;
  std::vector<Bytes> payloads;
  std::vector<UnitInfo> units;
  std::uint64_t unit_count = 0;
};

void remember(Sample& sample) {
  auto reader = must(opened(sample.bytes));
  must(reader->verify());
  sample.chunks = must(reader->chunks());
  sample.unit_count = reader->header().stream.unit_count;
  for (const ChunkEntry& entry : sample.chunks) {
    sample.payloads.emplace_back(entry.chunk.size);
    must(reader->read(entry.chunk, 0, sample.payloads.back()));
  }
  if (reader->header().stream.kind == HOLO_PICTURE) return;
  for (std::uint64_t i = 0; i < reader->header().stream.unit_count; ++i) {
    sample.units.push_back(must(reader->unit_info(i)));
  }
}

// One without an index, one with, one of frames.
std::vector<Sample> samples() {
  ContainerHeader picture = picture_header();
  picture.metadata = {{"exif", payload(12, 1)}};
  ContainerHeader tensors = picture_header();
  tensors.stream = {};
  tensors.stream.kind = HOLO_TENSOR;
  ContainerHeader frames = picture_header();
  frames.stream.kind = HOLO_FRAME;
  frames.stream.unit_count = 0;
  frames.stream.time_base = {1, 25};
  const auto unit = [](std::int32_t kind, std::uint64_t index) {
    UnitInfo info;
    info.kind = kind;
    info.index = index;
    info.pts = static_cast<std::int64_t>(index * 3);
    info.duration = 3;
    info.name = kind == HOLO_TENSOR ? "tensor " + std::to_string(index) : std::string();
    info.dtype = {kDLFloat, 32, 1};
    if (kind == HOLO_TENSOR) info.shape = {2, 3};
    return info;
  };
  std::vector<Sample> all(3);
  all[0].name = "picture";
  all[0].bytes = written(picture, [](ContainerWriter& writer) {
    must(writer.write(chunk("head", HOLO_SHARED_UNIT, 0, 10), payload(10, 1)));
    for (std::uint32_t i = 0; i < 3; ++i) {
      must(writer.write(chunk("tile", 0, i, 20 + i), payload(20 + i, i)));
    }
  });
  all[1].name = "tensors with an index";
  all[1].bytes = written(tensors, [&](ContainerWriter& writer) {
    for (std::uint64_t i = 0; i < 9; ++i) {
      must(writer.begin_unit(unit(HOLO_TENSOR, i)));
      must(writer.write(chunk("data", i, 0, 6 + i), payload(6 + i, 7)));
    }
  });
  all[2].name = "frames";
  all[2].bytes = written(frames, [&](ContainerWriter& writer) {
    for (std::uint64_t i = 0; i < 4; ++i) {
      must(writer.begin_unit(unit(HOLO_FRAME, i)));
      must(writer.write(chunk("fram", i, 0, 5, i == 0 ? HOLO_CHUNK_KEY : 0),
                        payload(5, static_cast<std::uint32_t>(i))));
    }
  });
  for (Sample& sample : all) remember(sample);
  return all;
}

// How many of the sample's chunks the reader gives. What it gives must be right.
std::size_t whole_chunks(ContainerReader& reader, const Sample& sample) {
  std::size_t whole = 0;
  for (std::size_t i = 0; i < sample.chunks.size(); ++i) {
    const holo_chunk& wanted = sample.chunks[i].chunk;
    const auto found = reader.find(wanted.type, wanted.unit, wanted.part);
    if (!found.ok()) continue;
    Bytes bytes(static_cast<std::size_t>(found->chunk.size));
    if (!reader.read(found->chunk, 0, bytes).ok()) continue;
    REQUIRE(bytes == sample.payloads[i]);
    REQUIRE(found->chunk.flags == wanted.flags);
    ++whole;
  }
  return whole;
}

std::size_t whole_units(ContainerReader& reader, const Sample& sample) {
  std::size_t whole = 0;
  for (const UnitInfo& unit : sample.units) {
    const auto found = reader.unit_info(unit.index);
    if (!found.ok()) continue;
    REQUIRE(found->name == unit.name);
    REQUIRE(found->shape == unit.shape);
    REQUIRE(found->pts == unit.pts);
    REQUIRE(found->duration == unit.duration);
    ++whole;
  }
  return whole;
}

std::uint64_t header_end(const Sample& sample) {
  ByteCursor in(std::span<const std::uint8_t>(sample.bytes).subspan(5));
  const std::uint64_t size = in.varint();
  return 5 + in.position() + size + 4;
}

}  // namespace

TEST_CASE("Every single flipped bit of a small file is detected or harmless") {
  for (const Sample& sample : samples()) {
    INFO(sample.name << ", " << sample.bytes.size() << " bytes");
    const Bytes header = must(serialize_header(must(opened(sample.bytes))->header()));
    for (std::size_t bit = 0; bit < sample.bytes.size() * 8; ++bit) {
      Bytes bytes = sample.bytes;
      bytes[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
      INFO("bit " << bit % 8 << " of byte " << bit / 8);
      auto result = opened(bytes);
      if (bit / 8 < header_end(sample)) {
        REQUIRE(!result.ok());
        continue;
      }
      const auto owner = must(std::move(result));
      ContainerReader& reader = *owner;
      // verify() sees every flip behind the header.
      REQUIRE(!reader.verify().ok());
      const std::size_t chunks = whole_chunks(reader, sample);
      const std::size_t units = whole_units(reader, sample);
      if (reader.intact()) {
        // Nothing has gone but one chunk, one description, or a header that the index repeats.
        REQUIRE(chunks + units + 1 >= sample.chunks.size() + sample.units.size());
      }
      ContainerHeader read = reader.header();
      read.stream.unit_count = sample.unit_count;  // counted from what is left, if not in the file
      REQUIRE(must(serialize_header(read)) == header);
    }
  }
}

TEST_CASE("A damaged index costs nothing but the word intact") {
  const Sample sample = samples()[1];
  const ChunkEntry& last = sample.chunks.back();
  const std::size_t tail = last.offset + last.chunk.size + 4;
  REQUIRE(sample.bytes.size() - tail > 17);  // there is an index
  for (std::size_t byte = tail; byte < sample.bytes.size(); ++byte) {
    Bytes bytes = sample.bytes;
    bytes[byte] ^= 0x55;
    auto reader = must(opened(bytes));
    REQUIRE(!reader->intact());
    REQUIRE(whole_chunks(*reader, sample) == sample.chunks.size());
    REQUIRE(whole_units(*reader, sample) == sample.units.size());
  }
}

TEST_CASE("A file cut anywhere behind its header gives every chunk and unit before the cut") {
  for (const Sample& sample : samples()) {
    for (std::size_t size = 0; size < sample.bytes.size(); ++size) {
      INFO(sample.name << " cut to " << size << " of " << sample.bytes.size() << " bytes");
      auto result = opened(
          Bytes(sample.bytes.begin(), sample.bytes.begin() + static_cast<std::ptrdiff_t>(size)));
      if (size < header_end(sample)) {
        REQUIRE(!result.ok());
        REQUIRE(result.error().code == HOLO_CORRUPT);
        continue;
      }
      auto reader = must(std::move(result));
      REQUIRE(!reader->intact());
      REQUIRE(!reader->verify().ok());
      const auto before_cut = std::count_if(
          sample.chunks.begin(), sample.chunks.end(),
          [&](const ChunkEntry& entry) { return entry.offset + entry.chunk.size + 4 <= size; });
      REQUIRE(whole_chunks(*reader, sample) == static_cast<std::size_t>(before_cut));
      if (!sample.units.empty()) {
        REQUIRE(whole_units(*reader, sample) >= static_cast<std::size_t>(before_cut));
      }
    }
  }
}

TEST_CASE("Bytes behind the end, zeros and two files in one are not intact") {
  for (const Sample& sample : samples()) {
    for (const Bytes& more : {Bytes{0}, Bytes(5000, 0), Bytes{0xA0}, sample.bytes}) {
      Bytes bytes = sample.bytes;
      bytes.insert(bytes.end(), more.begin(), more.end());
      auto reader = must(opened(bytes));
      CHECK(!reader->intact());
      CHECK(whole_chunks(*reader, sample) == sample.chunks.size());
    }
  }
}

TEST_CASE("A damaged payload is named with chunk, place and unit") {
  Sample sample = samples()[0];
  const ChunkEntry& bad = sample.chunks[2];
  sample.bytes[bad.offset] ^= 1;
  auto reader = must(opened(sample.bytes));
  CHECK(reader->intact());
  Bytes out(bad.chunk.size);
  const Status status = reader->read(bad.chunk, 0, out);
  CHECK(status.error().code == HOLO_CORRUPT);
  CHECK(status.error().unit == 0);
  CHECK_THAT(status.error().message,
             Catch::Contains("tile/0/1") && Catch::Contains(std::to_string(bad.offset)));
  CHECK(reader->verify().error().message == status.error().message);
  CHECK(whole_chunks(*reader, sample) == sample.chunks.size() - 1);
}
