// The .holo file: what goes in comes out, at what cost, read in which pieces, and in what damage.
#include <algorithm>
#include <map>
#include <thread>

#include "core/container/container_test_support.hpp"
#include "core/container/header.hpp"

using namespace holo;
using namespace holo::container::test;

namespace {

UnitInfo tensor(std::uint64_t index, std::string name, std::vector<std::int64_t> shape) {
  UnitInfo info;
  info.kind = HOLO_TENSOR;
  info.index = index;
  info.name = std::move(name);
  info.dtype = {kDLFloat, 16, 1};
  info.shape = std::move(shape);
  return info;
}

ContainerHeader header_of(std::int32_t kind) {
  ContainerHeader header = picture_header();
  header.stream = {};
  header.stream.kind = kind;
  if (kind == HOLO_FRAME) header.stream.image = make_image(64, 48, HOLO_YCBCR, false, 8);
  return header;
}

Bytes read_chunk(ContainerReader& reader, const holo_chunk& wanted) {
  Bytes bytes(wanted.size);
  must(reader.read(wanted, 0, bytes));
  return bytes;
}

}  // namespace

TEST_CASE("A small picture with one tile and five parameters costs at most 64 bytes") {
  const auto file = [](std::vector<std::uint32_t> sizes) {
    return written(picture_header(), [&](ContainerWriter& writer) {
      for (std::uint32_t i = 0; i < sizes.size(); ++i) {
        must(writer.write(
            i == 0 ? chunk("tile", 0, 0, sizes[i]) : chunk("head", HOLO_SHARED_UNIT, 0, sizes[i]),
            payload(sizes[i], i)));
      }
    });
  };
  CHECK(file({5000}).size() - 5000 == 54);
  CHECK(file({5000, 100}).size() - 5100 == 63);  // with a shared chunk as well
}

TEST_CASE("A tensor file gives back its units, chunks, header and order") {
  ContainerHeader header = header_of(HOLO_TENSOR);
  header.metadata = {{"xmp", payload(700, 9)}};
  std::vector<holo_chunk> order;
  const Bytes bytes = written(header, [&](ContainerWriter& writer) {
    const auto write = [&](const holo_chunk& one) {
      must(writer.write(one, payload(one.size, static_cast<std::uint32_t>(order.size()))));
      order.push_back(one);
    };
    write(chunk("dict", HOLO_SHARED_UNIT, 0, 300));
    write(chunk("dict", HOLO_SHARED_UNIT, 1, 0));
    must(writer.begin_unit(tensor(1, "b", {7, 3, 2})));
    must(writer.begin_unit(tensor(0, "a", {})));
    write(chunk("data", 1, 0, 90000));
    write(chunk("data", 0, 5, 1, 12));
    write(chunk("side", 0, 5, 1, HOLO_CHUNK_KEY));
    write(chunk("data", 1, 4000000000u, 2));
  });
  auto reader = must(opened(bytes));
  CHECK(reader->intact());
  CHECK(reader->container_name() == "holo");
  CHECK(reader->container_version() == 1);
  CHECK(reader->header().metadata[0].bytes == header.metadata[0].bytes);
  CHECK(reader->header().stream.unit_count == 2);  // was not known when the header was written
  must(reader->verify());

  const auto chunks = must(reader->chunks());
  REQUIRE(chunks.size() == order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const ChunkEntry found = must(reader->find(order[i].type, order[i].unit, order[i].part));
    CHECK(found.offset == chunks[i].offset);
    CHECK(found.chunk.flags == order[i].flags);
    CHECK(found.chunk.size == order[i].size);
    CHECK(read_chunk(*reader, order[i]) == payload(order[i].size, static_cast<std::uint32_t>(i)));
  }
  const UnitInfo b = must(reader->unit_info(1));
  CHECK(b.kind == HOLO_TENSOR);
  CHECK(b.index == 1);
  CHECK(b.name == "b");
  CHECK(b.dtype.bits == 16);
  CHECK(b.shape == std::vector<std::int64_t>{7, 3, 2});
  CHECK(must(reader->unit_info(0)).shape.empty());
  CHECK(reader->unit_info(2).error().code == HOLO_NOT_FOUND);
  CHECK(must(reader->find_key(1)) == 1);
  CHECK(reader->find_key(2).error().code == HOLO_NOT_FOUND);
  CHECK(reader->unit_at(0).error().code == HOLO_INVALID_ARG);
  const auto none = reader->find(order[0].type, 0, 0);
  CHECK(none.error().code == HOLO_NOT_FOUND);
  CHECK(none.error().unit == 0);
}

TEST_CASE("Frames are found by key, by number and by time") {
  ContainerHeader header = header_of(HOLO_FRAME);
  header.stream.time_base = {1, 100};
  header.stream.frame_rate = {25, 1};
  auto reader = must(opened(written(header, [](ContainerWriter& writer) {
    for (std::uint64_t i = 0; i < 20; ++i) {
      UnitInfo info;
      info.kind = HOLO_FRAME;
      info.index = i;
      info.pts = static_cast<std::int64_t>(i * 4 + 1000);
      info.duration = 4;
      must(writer.begin_unit(info));
      must(writer.write(chunk("fram", i, 0, 3, i % 8 == 2 ? HOLO_CHUNK_KEY : 0), payload(3, 1)));
    }
  })));
  CHECK(reader->find_key(1).error().code == HOLO_NOT_FOUND);
  CHECK(must(reader->find_key(2)) == 2);
  CHECK(must(reader->find_key(9)) == 2);
  CHECK(must(reader->find_key(10)) == 10);
  CHECK(must(reader->find_key(19)) == 18);
  CHECK(must(reader->unit_info(3)).pts == 1012);
  CHECK(must(reader->unit_at(0)) == 0);
  CHECK(must(reader->unit_at(0.0399)) == 0);
  CHECK(must(reader->unit_at(0.04)) == 1);
  CHECK(must(reader->unit_at(0.12)) == 3);
  CHECK(must(reader->unit_at(0.79)) == 19);
  CHECK_THAT(reader->unit_at(0.8).error().message, Catch::Contains("0.8"));
  CHECK(reader->unit_at(-1).error().code == HOLO_INVALID_ARG);
  CHECK(reader->unit_at(std::numeric_limits<double>::quiet_NaN()).error().code == HOLO_INVALID_ARG);
}

TEST_CASE("A picture is its own key and needs no announcement") {
  auto reader = must(opened(written(picture_header(), [](ContainerWriter& writer) {
    UnitInfo info;
    must(writer.begin_unit(info));  // allowed, says nothing
    must(writer.write(chunk("tile", 0, 0, 1), payload(1, 1)));
  })));
  CHECK(must(reader->unit_info(0)).kind == HOLO_PICTURE);
  CHECK(must(reader->find_key(0)) == 0);
  CHECK(reader->unit_info(1).error().code == HOLO_NOT_FOUND);
}

TEST_CASE("With 100000 tiles, opening reads header and index, a render reads its tile alone") {
  constexpr std::uint32_t kTiles = 100000;
  constexpr std::uint32_t kSize = 40;
  const Bytes bytes = written(picture_header(), [](ContainerWriter& writer) {
    const Bytes tile = payload(kSize, 1);
    for (std::uint32_t i = 0; i < kTiles; ++i) must(writer.write(chunk("tile", 0, i, kSize), tile));
  });
  const std::uint64_t overhead = bytes.size() - std::uint64_t{kTiles} * kSize;
  CHECK(overhead <= kTiles * 8u + 100);  // 2 bytes before, 4 behind, 2 in the index
  auto reader = must(opened(bytes));
  CHECK(reader->intact());
  CHECK(reader->bytes_read() <= kTiles * 2u + 600);
  for (const std::uint32_t tile : {0u, 99999u, 50000u}) {
    const std::uint64_t before = reader->bytes_read();
    const ChunkEntry entry = must(reader->find(HOLO_FOURCC('t', 'i', 'l', 'e'), 0, tile));
    CHECK(reader->bytes_read() == before);
    CHECK(read_chunk(*reader, entry.chunk) == payload(kSize, 1));
    CHECK(reader->bytes_read() == before + kSize + 4);
  }
  must(reader->verify());
}

TEST_CASE("A chunk may be read in pieces of any size, and is read from the file about once") {
  for (const std::size_t size : {std::size_t{10}, std::size_t{5000}, std::size_t{3000000}}) {
    const Bytes content = payload(size, 4);
    const holo_chunk one = chunk("tile", 0, 0, size);
    auto reader = must(opened(written(
        picture_header(), [&](ContainerWriter& writer) { must(writer.write(one, content)); })));
    const std::uint64_t before = reader->bytes_read();
    Bytes out;
    const std::size_t step = size / 7 + 1;
    for (std::size_t at = 0; at < size; at += step) {
      Bytes piece(std::min(step, size - at));
      must(reader->read(one, at, piece));
      out.insert(out.end(), piece.begin(), piece.end());
    }
    CHECK(out == content);
    // Past one MiB the checksum takes a pass of its own.
    CHECK(reader->bytes_read() - before == (size > 1048576 ? 2 * size : size) + 4);
    Bytes rest(1);
    CHECK(reader->read(one, size, rest).error().code == HOLO_INVALID_ARG);
    CHECK(reader->read(one, UINT64_MAX, rest).error().code == HOLO_INVALID_ARG);
    must(reader->read(one, size, {}));
  }
}

TEST_CASE("Threads may read one file at once") {
  constexpr std::uint32_t kTiles = 64;
  auto reader = must(opened(written(picture_header(), [](ContainerWriter& writer) {
    for (std::uint32_t i = 0; i < kTiles; ++i) {
      must(writer.write(chunk("tile", 0, i, 1000), payload(1000, i)));
    }
  })));
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (std::uint32_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint32_t i = 0; i < 4 * kTiles; ++i) {
        const std::uint32_t tile = (i * 7 + t) % kTiles;
        const Bytes expected = payload(1000, tile);
        Bytes piece(400);
        const Status status = reader->read(chunk("tile", 0, tile, 1000), 300, piece);
        if (!status.ok() || !std::equal(piece.begin(), piece.end(), expected.begin() + 300)) {
          ++wrong;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("A writer refuses what the file could not mean") {
  const TestFolder folder;
  const auto file = must(AtomicFile::create(folder.file("a.holo"), false));
  const auto writer = must(create_holo_file(*file, header_of(HOLO_TENSOR)));
  const auto code = [](const Status& status) { return status.error().code; };
  must(writer->begin_unit(tensor(0, "a", {1})));
  CHECK(code(writer->begin_unit(tensor(0, "a", {1}))) == HOLO_INVALID_ARG);
  CHECK(code(writer->begin_unit(tensor(1, "b", {-1}))) == HOLO_INVALID_ARG);
  CHECK(code(writer->begin_unit(UnitInfo{})) == HOLO_INVALID_ARG);  // a picture
  CHECK(code(writer->begin_unit(tensor(1, std::string("b\0c", 3), {}))) == HOLO_INVALID_ARG);
  const Bytes byte(1);
  must(writer->write(chunk("data", 0, 0, 1), byte));
  const Status twice = writer->write(chunk("data", 0, 0, 1), byte);
  CHECK(code(twice) == HOLO_INVALID_ARG);
  CHECK_THAT(twice.error().message, Catch::Contains("data/0/0"));
  CHECK(code(writer->write(chunk("data", 1, 0, 1), byte)) == HOLO_INVALID_ARG);  // no such unit
  CHECK(code(writer->write(chunk("data", 0, 1, 2), byte)) == HOLO_INVALID_ARG);  // wrong size
  CHECK(code(writer->write(chunk("da a", 0, 1, 1), byte)) == HOLO_INVALID_ARG);
  must(writer->finish());
  CHECK(code(writer->finish()) == HOLO_INVALID_ARG);
  CHECK(code(writer->write(chunk("data", 0, 7, 1), byte)) == HOLO_INVALID_ARG);
  CHECK(code(writer->begin_unit(tensor(5, "c", {}))) == HOLO_INVALID_ARG);
  CHECK(create_holo_file(*file, header_of(HOLO_TENSOR)).error().code == HOLO_INVALID_ARG);
}

TEST_CASE("A file of a future version or of another kind is refused with a reason") {
  Bytes bytes = written(picture_header(), [](ContainerWriter&) {});
  CHECK(is_holo_file(bytes));
  bytes[4] = 2;
  const auto newer = opened(bytes);
  CHECK(newer.error().code == HOLO_UNSUPPORTED);
  CHECK_THAT(newer.error().message, Catch::Contains("version 2") && Catch::Contains("version 1"));
  for (const Bytes& other : {Bytes{}, Bytes{0x8F}, Bytes{'P', 'N', 'G', ' ', 1, 2, 3, 4}}) {
    CHECK(!is_holo_file(other));
    CHECK(opened(other).error().code == HOLO_CORRUPT);
  }
  bytes = {0x8F, 'H', 'L', 'O', 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01};
  CHECK(opened(bytes).error().code == HOLO_CORRUPT);
}
