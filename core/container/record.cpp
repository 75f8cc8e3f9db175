// One byte says which of the usual steps from the last record to this one was taken.
#include "core/container/record.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string>

#include "core/container/crc32c.hpp"
#include "core/container/static_words.hpp"

namespace holo::container {
namespace {

// First byte of a chunk: 01 step(2) type(2) more_flags(1) key(1).
constexpr unsigned kChunkMark = 0x40;
constexpr unsigned kMarkMask = 0xC0;
constexpr unsigned kMoreFlags = 0x02;
constexpr unsigned kKey = 0x01;

enum Step : unsigned { kNextPart = 0, kNextUnit = 1, kFirstPart = 2, kAnyPlace = 3 };
enum TypeForm : unsigned { kSameType = 0, kSpeltType = 1, kSeenType = 2, kWordType = 3 };

constexpr std::size_t kMaxTypes = 64;  // remembered; further ones are spelt out each time
constexpr std::size_t kMaxRank = 64;
constexpr std::size_t kMaxUnitName = std::size_t{1} << 16;

std::string type_text(std::uint32_t type) {
  std::string text(4, '\0');
  for (std::size_t i = 0; i < 4; ++i) text[i] = static_cast<char>(type >> (8 * i));
  return text;
}

std::uint32_t type_of(std::string_view word) {
  return word.size() != 4 ? 0 : HOLO_FOURCC(word[0], word[1], word[2], word[3]);
}

Step step_to(const holo_chunk& chunk, const RecordContext& context) {
  if (chunk.unit == context.unit && chunk.part == context.part + 1) return kNextPart;
  if (chunk.unit == context.unit + 1 && chunk.part == 0) return kNextUnit;
  if (chunk.unit == context.unit && chunk.part == 0) return kFirstPart;
  return kAnyPlace;
}

TypeForm type_form(std::uint32_t type, const RecordContext& context) {
  if (type == context.type) return kSameType;
  if (std::find(context.types.begin(), context.types.end(), type) != context.types.end()) {
    return kSeenType;
  }
  return find_static_word(type_text(type)) ? kWordType : kSpeltType;
}

bool needs_more_flags(std::uint32_t flags) { return flags != 0 && flags != HOLO_CHUNK_KEY; }

void remember(const holo_chunk& chunk, RecordContext& context) {
  context.unit = chunk.unit;
  context.part = chunk.part;
  context.type = chunk.type;
  const bool seen =
      std::find(context.types.begin(), context.types.end(), chunk.type) != context.types.end();
  if (!seen && context.types.size() < kMaxTypes) context.types.push_back(chunk.type);
}

std::uint32_t read_type(ByteCursor& in, unsigned form, const RecordContext& context) {
  switch (form) {
    case kSameType:
      return context.type;
    case kSpeltType:
      return in.u32();
    case kSeenType: {
      const std::uint64_t index = in.varint();
      return index < context.types.size() ? context.types[index] : 0;
    }
    default: {
      const std::uint64_t index = in.varint();
      return index < static_words().size() ? type_of(static_words()[index]) : 0;
    }
  }
}

std::optional<Record> fail(ByteCursor& in) {
  in.fail();
  return std::nullopt;
}

std::optional<Record> read_chunk_header(ByteCursor& in, unsigned mark, RecordContext& context) {
  Record record{Record::Kind::kChunk, {}};
  holo_chunk& chunk = record.chunk;
  chunk.struct_size = sizeof(holo_chunk);
  const unsigned form = (mark >> 2) & 3u;
  const unsigned step = (mark >> 4) & 3u;
  chunk.type = read_type(in, form, context);
  switch (step) {
    case kNextPart:
      chunk.unit = context.unit;
      chunk.part = context.part + 1;
      break;
    case kNextUnit:
      chunk.unit = context.unit + 1;
      break;
    case kFirstPart:
      chunk.unit = context.unit;
      break;
    default:
      chunk.unit = in.varint() - 1;  // 0 stands for HOLO_SHARED_UNIT
      chunk.part =
          static_cast<std::uint32_t>(in.varint_to(std::numeric_limits<std::uint32_t>::max()));
  }
  chunk.flags = (mark & kKey) != 0 ? HOLO_CHUNK_KEY : 0;
  if ((mark & kMoreFlags) != 0) {
    chunk.flags =
        static_cast<std::uint32_t>(in.varint_to(std::numeric_limits<std::uint32_t>::max()));
  }
  chunk.size = in.varint();
  if (!in.ok() || !is_chunk_type(chunk.type)) return fail(in);
  // One spelling each; only whether a type is a static word is left to the writer's table.
  const bool new_type = form == kSpeltType || form == kWordType;
  const TypeForm expected = type_form(chunk.type, context);
  const bool new_expected = expected == kSpeltType || expected == kWordType;
  const bool flags_fit =
      (mark & kMoreFlags) == 0 || ((mark & kKey) == 0 && needs_more_flags(chunk.flags));
  if (step != step_to(chunk, context) || new_type != new_expected ||
      (!new_type && form != expected) || !flags_fit) {
    return fail(in);
  }
  remember(chunk, context);
  return record;
}

}  // namespace

bool is_chunk_type(std::uint32_t type) {
  const std::string text = type_text(type);
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  });
}

std::string chunk_name(const holo_chunk& chunk) {
  const std::string unit =
      chunk.unit == HOLO_SHARED_UNIT ? std::string("shared") : std::to_string(chunk.unit);
  const std::string type =
      is_chunk_type(chunk.type) ? type_text(chunk.type) : std::to_string(chunk.type);
  return type + "/" + unit + "/" + std::to_string(chunk.part);
}

void write_chunk_header(ByteWriter& out, const holo_chunk& chunk, RecordContext& context) {
  const Step step = step_to(chunk, context);
  const TypeForm form = type_form(chunk.type, context);
  const bool more_flags = needs_more_flags(chunk.flags);
  out.u8(static_cast<std::uint8_t>(
      kChunkMark | static_cast<unsigned>(step) << 4 | static_cast<unsigned>(form) << 2 |
      (more_flags ? kMoreFlags : 0) | (chunk.flags == HOLO_CHUNK_KEY ? kKey : 0)));
  if (form == kSpeltType) out.u32(chunk.type);
  if (form == kWordType) out.varint(*find_static_word(type_text(chunk.type)));
  if (form == kSeenType) {
    const auto found = std::find(context.types.begin(), context.types.end(), chunk.type);
    out.varint(static_cast<std::uint64_t>(found - context.types.begin()));
  }
  if (step == kAnyPlace) {
    out.varint(chunk.unit + 1);
    out.varint(chunk.part);
  }
  if (more_flags) out.varint(chunk.flags);
  out.varint(chunk.size);
  remember(chunk, context);
}

void write_unit_header(ByteWriter& out, std::uint64_t unit, std::uint64_t size,
                       RecordContext& context) {
  const bool next = unit == context.announced + 1;
  out.u8(static_cast<std::uint8_t>(kUnitRecord | (next ? 0u : 1u)));
  if (!next) out.varint(unit);
  out.varint(size);
  context.announced = unit;
}

std::optional<Record> read_record_header(ByteCursor& in, RecordContext& context) {
  const unsigned mark = in.u8();
  if (!in.ok()) return std::nullopt;
  if ((mark & kMarkMask) == kChunkMark) return read_chunk_header(in, mark, context);
  if (mark == kIndexRecord) return Record{Record::Kind::kIndex, {}};
  if (mark == kEndRecord) return Record{Record::Kind::kEnd, {}};
  if ((mark & ~1u) != kUnitRecord) return fail(in);
  Record record{Record::Kind::kUnit, {}};
  record.chunk.struct_size = sizeof(holo_chunk);
  const std::uint64_t next = context.announced + 1;
  record.chunk.unit = mark == kUnitRecord ? next : in.varint();
  record.chunk.size = in.varint();
  if (!in.ok() || record.chunk.unit == HOLO_SHARED_UNIT ||
      (mark != kUnitRecord && record.chunk.unit == next)) {
    return fail(in);
  }
  context.announced = record.chunk.unit;
  return record;
}

std::uint32_t record_seed(const Record& record) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(28);
  ByteWriter out(bytes);
  out.u32(record.chunk.type);
  out.u64(record.chunk.unit);
  out.u32(record.chunk.part);
  out.u32(record.chunk.flags);
  out.u64(record.chunk.size);
  return crc32c(bytes);
}

Result<std::vector<std::uint8_t>> serialize_unit(const UnitInfo& info) {
  std::vector<std::uint8_t> bytes;
  ByteWriter out(bytes);
  if (info.kind == HOLO_FRAME) {
    out.signed_varint(info.pts);
    out.signed_varint(info.duration);
    return bytes;
  }
  const bool negative = std::any_of(info.shape.begin(), info.shape.end(),
                                    [](std::int64_t extent) { return extent < 0; });
  if (info.name.size() > kMaxUnitName || info.name.find('\0') != std::string::npos ||
      info.shape.size() > kMaxRank || negative) {
    return make_error(
        HOLO_INVALID_ARG,
        "unit " + std::to_string(info.index) +
            ": a name is at most 65536 bytes without NUL, a shape at most 64 extents, none "
            "negative");
  }
  write_string(out, info.name);
  out.u8(info.dtype.code);
  out.u8(info.dtype.bits);
  out.varint(info.dtype.lanes);
  out.varint(info.shape.size());
  for (const std::int64_t extent : info.shape) out.varint(static_cast<std::uint64_t>(extent));
  return bytes;
}

Result<UnitInfo> parse_unit(std::int32_t kind, std::uint64_t unit,
                            std::span<const std::uint8_t> bytes) {
  ByteCursor in(bytes);
  UnitInfo info;
  info.kind = kind;
  info.index = unit;
  if (kind == HOLO_FRAME) {
    info.pts = in.signed_varint();
    info.duration = in.signed_varint();
  } else {
    info.name = read_string(in, kMaxUnitName);
    info.dtype.code = in.u8();
    info.dtype.bits = in.u8();
    info.dtype.lanes =
        static_cast<std::uint16_t>(in.varint_to(std::numeric_limits<std::uint16_t>::max()));
    const std::uint64_t rank = in.varint_to(std::min(kMaxRank, in.remaining()));
    for (std::uint64_t i = 0; i < rank; ++i) {
      info.shape.push_back(static_cast<std::int64_t>(
          in.varint_to(static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))));
    }
  }
  if (!in.ok() || in.remaining() != 0) {
    return make_error(HOLO_CORRUPT, "the description of unit " + std::to_string(unit) +
                                        " is damaged: expected name, type and shape, or times");
  }
  return info;
}

}  // namespace holo::container
