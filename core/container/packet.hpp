// Timed media as plain bytes: the private data of the stream, and one packet for each frame. The
// Matroska home puts them into blocks; nothing here knows of Matroska.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "core/base/unit.hpp"
#include "core/container/container.hpp"

namespace holo::container {

// A chunk with its payload, borrowed from whoever made it. chunk.size equals bytes.size().
struct ChunkView {
  holo_chunk chunk{};
  std::span<const std::uint8_t> bytes;
};

// ---- private data (extradata) -------------------------------------------------------------------

// Everything that is known before the first frame.
struct StreamStart {
  ContainerHeader header;
  std::uint32_t default_type = 0;  // of the one chunk that most packets hold
  std::vector<ChunkView> shared;   // chunks of HOLO_SHARED_UNIT
};

// INVALID_ARG names what no file can hold.
Result<std::vector<std::uint8_t>> build_stream_start(const StreamStart& start);
// The views of `shared` borrow `bytes`. Checks header and chunks against their CRC-32C: a damaged
// header is CORRUPT, a newer version UNSUPPORTED, both with what was found and expected.
Result<StreamStart> parse_stream_start(std::span<const std::uint8_t> bytes);

// ---- packets ------------------------------------------------------------------------------------

// What one packet leaves out because the packets before it, back to the last key packet, said it.
// One context serves one direction; packets pass through it in file order. A reader that seeks
// starts with a fresh context at a key packet.
class PacketContext {
 public:
  // `checksums` is for building: every packet ends with a CRC-32C, 4 bytes.
  PacketContext(const StreamInfo& stream, std::uint32_t default_type, bool checksums = false)
      : time_base_(stream.time_base),
        frame_rate_(stream.frame_rate),
        default_type_(default_type),
        checksums_(checksums) {}

  // Presentation time that the frame rate alone gives to a frame, in ticks, rounded half up; 0 if
  // the rate is unknown or a term is above 2^31 - 1.
  [[nodiscard]] std::int64_t predicted_pts(std::uint64_t unit) const;

 private:
  friend struct PacketCoding;
  Rational time_base_;
  Rational frame_rate_;
  std::uint32_t default_type_;
  bool checksums_;
  bool started_ = false;                  // a key packet has passed
  std::uint64_t next_unit_ = 0;           // after the last packet
  std::int64_t pts_offset_ = 0;           // pts - predicted_pts of the last key packet
  std::optional<std::int64_t> duration_;  // stated last, since the last key packet
};

struct Packet {
  UnitInfo unit;     // kind FRAME; index, pts, duration
  bool key = false;  // one of the chunks has HOLO_CHUNK_KEY
  std::vector<ChunkView> chunks;
};

// The chunks must be those of unit.index, each {type, part} once. The first packet must be a key
// packet. Frames come in decoding order; index, pts and duration are free. One byte more than the
// payload for a non-key packet that holds one chunk of the default type and follows its
// predecessor at the frame rate.
Result<std::vector<std::uint8_t>> build_packet(PacketContext& context, const UnitInfo& unit,
                                               std::span<const ChunkView> chunks);
// The views borrow `bytes`. CORRUPT with what was expected; the context is then unchanged.
Result<Packet> parse_packet(PacketContext& context, std::span<const std::uint8_t> bytes);

}  // namespace holo::container
