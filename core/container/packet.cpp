// A packet says only what differs from the steady case: next frame, nominal time, one chunk.
#include "core/container/packet.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "core/container/byte_io.hpp"
#include "core/container/crc32c.hpp"
#include "core/container/record.hpp"

namespace holo::container {
namespace {

// Bits of the first byte.
constexpr unsigned kKey = 0x01;  // the frame number follows; what the context holds starts anew
constexpr unsigned kPts = 0x02;  // the difference to the predicted time follows
constexpr unsigned kManyChunks = 0x04;  // chunk headers follow; else one default chunk, part 0
constexpr unsigned kDuration = 0x08;    // the duration follows
constexpr unsigned kUnit = 0x10;        // not a key packet, and the frame number is not the next
constexpr unsigned kChecksum = 0x20;    // the packet ends with the CRC-32C of all before it
constexpr unsigned kReserved = 0xC0;

Error corrupt(const std::string& what) { return make_error(HOLO_CORRUPT, "video packet: " + what); }

// Wraps instead of overflowing; adding the difference back gives the original.
std::int64_t difference(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
std::int64_t sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

}  // namespace

std::int64_t PacketContext::predicted_pts(std::uint64_t unit) const {
  __extension__ using Wide = unsigned __int128;
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  for (const Rational& rational : {time_base_, frame_rate_}) {
    if (rational.num <= 0 || rational.den <= 0 || rational.num > kMost || rational.den > kMost) {
      return 0;
    }
  }
  const Wide above = Wide{unit} * static_cast<std::uint64_t>(frame_rate_.den) *
                     static_cast<std::uint64_t>(time_base_.den);
  const Wide below = Wide{static_cast<std::uint64_t>(frame_rate_.num)} *
                     static_cast<std::uint64_t>(time_base_.num);
  const Wide ticks = (2 * above + below) / (2 * below);
  const Wide limit = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return ticks > limit ? 0 : static_cast<std::int64_t>(ticks);
}

// Both directions share how a packet's times and number are predicted.
struct PacketCoding {
  static std::int64_t pts(const PacketContext& context, std::uint64_t unit, bool key) {
    return key ? context.predicted_pts(unit)
               : sum(context.predicted_pts(unit), context.pts_offset_);
  }
  static std::int64_t duration(const PacketContext& context, std::uint64_t unit, bool key) {
    if (!key && context.duration_) return *context.duration_;
    return difference(context.predicted_pts(unit + 1), context.predicted_pts(unit));
  }
  static void advance(PacketContext& context, const UnitInfo& unit, bool key, bool stated) {
    context.next_unit_ = unit.index + 1;
    if (stated) {
      context.duration_ = unit.duration;
    } else if (key) {
      context.duration_.reset();
    }
    if (!key) return;
    context.started_ = true;
    context.pts_offset_ = difference(unit.pts, context.predicted_pts(unit.index));
  }
  static Result<std::vector<std::uint8_t>> build(PacketContext& context, const UnitInfo& unit,
                                                 std::span<const ChunkView> chunks);
  static Result<Packet> parse(PacketContext& context, std::span<const std::uint8_t> bytes);
};

namespace {

Status check_chunks(const UnitInfo& unit, std::span<const ChunkView> chunks) {
  if (unit.index == HOLO_SHARED_UNIT) {
    return make_error(HOLO_INVALID_ARG, "a packet belongs to a frame, not to all of them");
  }
  std::vector<std::pair<std::uint32_t, std::uint32_t>> names;
  for (const ChunkView& view : chunks) {
    if (view.chunk.unit != unit.index || view.chunk.size != view.bytes.size() ||
        !is_chunk_type(view.chunk.type)) {
      return make_error(HOLO_INVALID_ARG, "chunk " + chunk_name(view.chunk) +
                                              ": expected a type of four letters or digits, unit " +
                                              std::to_string(unit.index) +
                                              " and the size of its payload");
    }
    names.emplace_back(view.chunk.type, view.chunk.part);
  }
  std::sort(names.begin(), names.end());
  if (std::adjacent_find(names.begin(), names.end()) != names.end()) {
    return make_error(HOLO_INVALID_ARG, "unit " + std::to_string(unit.index) +
                                            ": a chunk of the same type and part came twice");
  }
  return {};
}

RecordContext chunk_context(std::uint64_t unit, std::uint32_t default_type) {
  RecordContext context;
  context.unit = unit;
  context.type = default_type;
  if (default_type != 0) context.types.push_back(default_type);
  return context;
}

}  // namespace

Result<std::vector<std::uint8_t>> PacketCoding::build(PacketContext& context, const UnitInfo& unit,
                                                      std::span<const ChunkView> chunks) {
  HOLO_TRY(check_chunks(unit, chunks));
  const bool key = std::any_of(chunks.begin(), chunks.end(), [](const ChunkView& view) {
    return (view.chunk.flags & HOLO_CHUNK_KEY) != 0;
  });
  if (!key && !context.started_) {
    return make_error(HOLO_INVALID_ARG,
                      "unit " + std::to_string(unit.index) +
                          ": the first frame of a stream needs a chunk flagged HOLO_CHUNK_KEY");
  }
  const bool plain = chunks.size() == 1 && chunks[0].chunk.type == context.default_type_ &&
                     chunks[0].chunk.part == 0 &&
                     chunks[0].chunk.flags == (key ? HOLO_CHUNK_KEY : 0u);
  const std::int64_t pts = PacketCoding::pts(context, unit.index, key);
  const bool duration = unit.duration != PacketCoding::duration(context, unit.index, key);
  const bool jump = !key && unit.index != context.next_unit_;

  std::vector<std::uint8_t> packet;
  std::size_t payload = 32;
  for (const ChunkView& view : chunks) payload += view.bytes.size() + kMaxRecordHeader;
  packet.reserve(payload);
  ByteWriter out(packet);
  out.u8(static_cast<std::uint8_t>((key ? kKey : 0) | (unit.pts != pts ? kPts : 0) |
                                   (plain ? 0 : kManyChunks) | (duration ? kDuration : 0) |
                                   (jump ? kUnit : 0) | (context.checksums_ ? kChecksum : 0)));
  if (key || jump) out.varint(unit.index);
  if (unit.pts != pts) out.signed_varint(difference(unit.pts, pts));
  if (duration) out.signed_varint(unit.duration);
  if (plain) {
    out.bytes(chunks[0].bytes);
  } else {
    RecordContext records = chunk_context(unit.index, context.default_type_);
    out.varint(chunks.size());
    for (const ChunkView& view : chunks) {
      write_chunk_header(out, view.chunk, records);
      out.bytes(view.bytes);
    }
  }
  if (context.checksums_) out.u32(crc32c(packet));
  advance(context, unit, key, duration);
  return packet;
}

namespace {

Status read_chunks(ByteCursor& in, const UnitInfo& unit, std::uint32_t default_type,
                   std::vector<ChunkView>& chunks) {
  RecordContext records = chunk_context(unit.index, default_type);
  const std::uint64_t count = in.varint_to(in.remaining() / 2);  // two bytes each at least
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto record = read_record_header(in, records);
    if (!record || record->kind != Record::Kind::kChunk || record->chunk.unit != unit.index) {
      return corrupt("expected a chunk of unit " + std::to_string(unit.index));
    }
    const auto payload = in.bytes(record->chunk.size);
    if (!in.ok()) return corrupt("the chunk " + chunk_name(record->chunk) + " is cut short");
    chunks.push_back({record->chunk, payload});
  }
  if (!in.ok() || in.remaining() != 0) return corrupt("expected the chunks to fill it");
  if (!check_chunks(unit, chunks).ok()) return corrupt("a chunk came twice");
  return {};
}

}  // namespace

Result<Packet> PacketCoding::parse(PacketContext& context, std::span<const std::uint8_t> bytes) {
  if (bytes.empty()) return corrupt("it is empty, expected at least one byte");
  const unsigned flags = bytes[0];
  const bool key = (flags & kKey) != 0;
  if ((flags & kReserved) != 0 || (key && (flags & kUnit) != 0)) {
    return corrupt("unknown flags " + std::to_string(flags) +
                   "; damaged, or written by a newer holohost");
  }
  if (!key && !context.started_) return corrupt("expected a key packet first");
  if ((flags & kChecksum) != 0) {
    if (bytes.size() < 5) return corrupt("cut short before its checksum");
    ByteCursor tail(bytes.last(4));
    bytes = bytes.first(bytes.size() - 4);
    if (tail.u32() != crc32c(bytes)) return corrupt("its CRC-32C does not match; it is damaged");
  }
  ByteCursor in(bytes.subspan(1));
  Packet packet;
  packet.key = key;
  packet.unit.kind = HOLO_FRAME;
  packet.unit.index = (flags & (kKey | kUnit)) != 0 ? in.varint() : context.next_unit_;
  if (!in.ok() || packet.unit.index == HOLO_SHARED_UNIT) return corrupt("no valid frame number");
  packet.unit.pts = PacketCoding::pts(context, packet.unit.index, key);
  if ((flags & kPts) != 0) packet.unit.pts = sum(packet.unit.pts, in.signed_varint());
  packet.unit.duration = (flags & kDuration) != 0
                             ? in.signed_varint()
                             : PacketCoding::duration(context, packet.unit.index, key);
  if (!in.ok()) return corrupt("cut short within its times");
  if ((flags & kManyChunks) != 0) {
    HOLO_TRY(read_chunks(in, packet.unit, context.default_type_, packet.chunks));
    const bool has_key =
        std::any_of(packet.chunks.begin(), packet.chunks.end(),
                    [](const ChunkView& view) { return (view.chunk.flags & HOLO_CHUNK_KEY) != 0; });
    if (has_key != key) return corrupt("its key flag and those of its chunks differ");
  } else {
    ChunkView view;
    view.bytes = in.bytes(in.remaining());
    view.chunk = {sizeof(holo_chunk),        context.default_type_, packet.unit.index, 0,
                  key ? HOLO_CHUNK_KEY : 0u, view.bytes.size()};
    packet.chunks.push_back(view);
  }
  advance(context, packet.unit, key, (flags & kDuration) != 0);
  return packet;
}

Result<std::vector<std::uint8_t>> build_packet(PacketContext& context, const UnitInfo& unit,
                                               std::span<const ChunkView> chunks) {
  return PacketCoding::build(context, unit, chunks);
}

Result<Packet> parse_packet(PacketContext& context, std::span<const std::uint8_t> bytes) {
  return PacketCoding::parse(context, bytes);
}

}  // namespace holo::container
