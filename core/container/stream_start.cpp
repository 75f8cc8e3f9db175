// The private data of a timed stream: version, header, default chunk type, shared chunks.
#include <string>

#include "core/container/byte_io.hpp"
#include "core/container/crc32c.hpp"
#include "core/container/format_version.hpp"
#include "core/container/header.hpp"
#include "core/container/packet.hpp"
#include "core/container/record.hpp"

namespace holo::container {
namespace {

std::uint32_t chunk_checksum(const ChunkView& view) {
  return crc32c(view.bytes, record_seed({Record::Kind::kChunk, view.chunk}));
}

Error corrupt(const std::string& what) {
  return make_error(HOLO_CORRUPT, "private data of the video stream: " + what +
                                      "; the file is damaged or was not written by holohost");
}

}  // namespace

Result<std::vector<std::uint8_t>> build_stream_start(const StreamStart& start) {
  HOLO_ASSIGN(const std::vector<std::uint8_t> header, serialize_header(start.header));
  if (!is_chunk_type(start.default_type)) {
    return make_error(HOLO_INVALID_ARG, "the default chunk type is not four letters or digits");
  }
  std::vector<std::uint8_t> bytes;
  ByteWriter out(bytes);
  out.u8(kContainerVersion);
  out.varint(header.size());
  out.bytes(header);
  out.u32(start.default_type);
  out.u32(crc32c(bytes));
  RecordContext records;
  for (const ChunkView& view : start.shared) {
    if (view.chunk.unit != HOLO_SHARED_UNIT || view.chunk.size != view.bytes.size() ||
        !is_chunk_type(view.chunk.type)) {
      return make_error(HOLO_INVALID_ARG,
                        "chunk " + chunk_name(view.chunk) +
                            ": expected a type of four letters or digits, the shared unit and "
                            "the size of its payload");
    }
    write_chunk_header(out, view.chunk, records);
    out.bytes(view.bytes);
    out.u32(chunk_checksum(view));
  }
  out.u8(kEndRecord);
  return bytes;
}

Result<StreamStart> parse_stream_start(std::span<const std::uint8_t> bytes) {
  ByteCursor in(bytes);
  const std::uint8_t version = in.u8();
  if (!in.ok()) return corrupt("it is empty");
  HOLO_TRY(check_container_version(version));
  const auto header = in.bytes(in.varint());
  StreamStart start;
  start.default_type = in.u32();
  const std::size_t covered = in.position();
  const std::uint32_t checksum = in.u32();
  if (!in.ok()) return corrupt("the header is cut short");
  if (checksum != crc32c(bytes.first(covered))) {
    return corrupt("the CRC-32C of the header does not match");
  }
  if (!is_chunk_type(start.default_type)) return corrupt("the default chunk type is none");
  HOLO_ASSIGN(start.header, parse_header(header));
  RecordContext records;
  for (;;) {
    const auto record = read_record_header(in, records);
    if (!record) return corrupt("expected a shared chunk or the end");
    if (record->kind == Record::Kind::kEnd) break;
    if (record->kind != Record::Kind::kChunk || record->chunk.unit != HOLO_SHARED_UNIT) {
      return corrupt("expected a shared chunk");
    }
    const ChunkView view{record->chunk, in.bytes(record->chunk.size)};
    if (in.u32() != chunk_checksum(view) || !in.ok()) {
      return corrupt("the shared chunk " + chunk_name(record->chunk) +
                     " is cut short or fails its CRC-32C");
    }
    start.shared.push_back(view);
  }
  if (in.remaining() != 0) return corrupt("bytes follow its end");
  return start;
}

}  // namespace holo::container
