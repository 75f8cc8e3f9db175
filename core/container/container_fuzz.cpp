// libFuzzer: the first byte chooses among the three parsers. A result that breaks a promise aborts.
#include "core/container/container_fuzz.hpp"

#include <cstdlib>

#include "core/container/container.hpp"
#include "core/container/header.hpp"
#include "core/container/packet.hpp"

namespace {

void require(bool promise) {
  if (!promise) std::abort();
}

// What was parsed must be what would be written: else it could not be copied to another file.
void rewrite(const holo::ContainerHeader& header) {
  using namespace holo::container;
  const auto bytes = serialize_header(header);
  require(bytes.ok());
  const auto again = parse_header(*bytes);
  require(again.ok());
  const auto twice = serialize_header(*again);
  require(twice.ok() && *twice == *bytes);
}

}  // namespace

int fuzz_holo_file(const std::uint8_t* data, std::size_t size) {
  auto file = holo::open_holo_file(holo::memory_reader({data, data + size}));
  if (!file.ok()) return 0;
  holo::ContainerReader& reader = **file;
  rewrite(reader.header());
  const auto chunks = reader.chunks();
  require(chunks.ok());
  std::vector<std::uint8_t> bytes;
  for (const holo::ChunkEntry& entry : *chunks) {
    const holo_chunk& chunk = entry.chunk;
    require(entry.offset <= size && chunk.size <= size - entry.offset);
    require(reader.find(chunk.type, chunk.unit, chunk.part).ok());
    bytes.resize(chunk.size / 2);
    const auto found = reader.find(chunk.type, chunk.unit, chunk.part);
    if (found->chunk.size == chunk.size) {
      static_cast<void>(reader.read(chunk, chunk.size - bytes.size(), bytes));
    }
    std::vector<std::uint8_t> too_far(found->chunk.size);
    require(!reader.read(chunk, 1, too_far).ok());
    static_cast<void>(reader.unit_info(chunk.unit));
    static_cast<void>(reader.find_key(chunk.unit));
  }
  static_cast<void>(reader.unit_at(0.5));
  const bool verified = reader.verify().ok();
  require(!verified || reader.intact());
  return 0;
}

int fuzz_stream_start(const std::uint8_t* data, std::size_t size) {
  using namespace holo::container;
  const auto start = parse_stream_start({data, size});
  if (start.ok()) {
    rewrite(start->header);
    require(build_stream_start(*start).ok());
  }
  const auto header = parse_header({data, size});
  if (header.ok()) rewrite(*header);
  return 0;
}

int fuzz_packets(const std::uint8_t* data, std::size_t size) {
  using namespace holo::container;
  holo::StreamInfo stream;
  stream.kind = HOLO_FRAME;
  stream.time_base = {1, 1000};
  stream.frame_rate = {30000, 1001};
  constexpr std::uint32_t kType = HOLO_FOURCC('f', 'r', 'a', 'm');
  PacketContext in(stream, kType);
  PacketContext out(stream, kType);
  PacketContext back(stream, kType);
  for (std::size_t at = 0; at < size;) {
    const std::size_t length = std::min<std::size_t>(data[at], size - at - 1);
    const auto packet = parse_packet(in, {data + at + 1, length});
    at += 1 + length;
    if (!packet.ok()) continue;
    const auto built = build_packet(out, packet->unit, packet->chunks);
    require(built.ok());
    const auto again = parse_packet(back, *built);
    require(again.ok() && again->unit.index == packet->unit.index &&
            again->unit.pts == packet->unit.pts && again->unit.duration == packet->unit.duration &&
            again->chunks.size() == packet->chunks.size());
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  switch (data[0] % 3) {
    case 0:
      return fuzz_holo_file(data + 1, size - 1);
    case 1:
      return fuzz_stream_start(data + 1, size - 1);
    default:
      return fuzz_packets(data + 1, size - 1);
  }
}
