// Record headers: how a chunk's name and size are told from those of the chunk before it. Chunks in
// a .holo file, the index of that file and packets of timed media share this coding.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "core/base/unit.hpp"
#include "core/container/byte_io.hpp"
#include "core/container/container.hpp"

namespace holo::container {

// First byte of a record that is not a chunk. Zero is none of them, so that a run of zeros, such as
// a hole in a half-fetched file, ends a scan.
inline constexpr std::uint8_t kUnitRecord = 0x80;
inline constexpr std::uint8_t kIndexRecord = 0x90;
inline constexpr std::uint8_t kEndRecord = 0xA0;
// Longest header of a chunk or unit record.
inline constexpr std::size_t kMaxRecordHeader = 1 + 4 + 10 + 5 + 5 + 10;

// What a header leaves out because the record before it said it.
struct RecordContext {
  std::uint64_t unit = HOLO_SHARED_UNIT;
  std::uint32_t part = UINT32_MAX;
  std::vector<std::uint32_t> types;            // the first 64 seen, in order of appearance
  std::uint32_t type = 0;                      // of the last chunk; 0 before the first
  std::uint64_t announced = HOLO_SHARED_UNIT;  // unit of the last unit record
};

struct Record {
  enum class Kind { kChunk, kUnit, kIndex, kEnd };
  Kind kind = Kind::kEnd;
  holo_chunk chunk{};  // kChunk: the chunk; kUnit: unit, and size of the description
};

// Four ASCII letters or digits.
[[nodiscard]] bool is_chunk_type(std::uint32_t type);
// "tile/3/0" or "head/shared/0", for messages.
[[nodiscard]] std::string chunk_name(const holo_chunk& chunk);

void write_chunk_header(ByteWriter& out, const holo_chunk& chunk, RecordContext& context);
void write_unit_header(ByteWriter& out, std::uint64_t unit, std::uint64_t size,
                       RecordContext& context);
// The next record's header, or nothing if the bytes are none (the cursor has then failed).
std::optional<Record> read_record_header(ByteCursor& in, RecordContext& context);

// Checksum at the end of a chunk or unit record: over type, unit, part, flags and size as fixed
// little-endian words, then the payload. Start with these words, go on with crc32c().
[[nodiscard]] std::uint32_t record_seed(const Record& record);

// Payload of a unit record. INVALID_ARG if it cannot be stored.
Result<std::vector<std::uint8_t>> serialize_unit(const UnitInfo& info);
Result<UnitInfo> parse_unit(std::int32_t kind, std::uint64_t unit,
                            std::span<const std::uint8_t> bytes);

}  // namespace holo::container
