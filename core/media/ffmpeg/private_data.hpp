// The private data of a holovid track in Matroska: how far its times were moved, then the stream
// start (core/container/packet.hpp). Padded to an even length, as libavformat would do.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/container/byte_io.hpp"

namespace holo::media {

inline constexpr std::int64_t kMostShift = std::int64_t{1} << 40;  // milliseconds; 35 years

struct PrivateData {
  std::int64_t shift = 0;               // Matroska time = time of the frame + shift, milliseconds
  std::span<const std::uint8_t> start;  // borrowed
};

inline std::vector<std::uint8_t> wrap_private_data(std::int64_t shift,
                                                   std::span<const std::uint8_t> start) {
  std::vector<std::uint8_t> bytes;
  container::ByteWriter out(bytes);
  out.signed_varint(shift);
  out.varint(start.size());
  out.bytes(start);
  if (bytes.size() % 2 != 0) out.u8(0);
  return bytes;
}

// Nothing if the bytes are cut short or go on after the padding.
inline std::optional<PrivateData> unwrap_private_data(std::span<const std::uint8_t> bytes) {
  container::ByteCursor in(bytes);
  PrivateData data;
  data.shift = in.signed_varint();
  data.start = in.bytes(in.varint());
  if (!in.ok() || in.remaining() > 1 || data.shift < 0 || data.shift > kMostShift) {
    return std::nullopt;
  }
  return data;
}

}  // namespace holo::media
