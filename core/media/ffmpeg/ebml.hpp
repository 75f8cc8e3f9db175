// As much of EBML (RFC 8794) as it takes to find the top-level elements of a Matroska file and to
// check their CRC-32; everything else is libavformat's.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "core/base/result.hpp"

namespace holo::media::ebml {

inline constexpr std::uint32_t kHeader = 0x1A45DFA3;
inline constexpr std::uint32_t kSegment = 0x18538067;
inline constexpr std::uint32_t kCluster = 0x1F43B675;
inline constexpr std::uint32_t kTracks = 0x1654AE6B;
inline constexpr std::uint32_t kTags = 0x1254C367;
inline constexpr std::uint32_t kTimestamp = 0xE7;
inline constexpr std::uint32_t kTagString = 0x4487;
inline constexpr std::uint32_t kCrc32 = 0xBF;

struct Element {
  std::uint32_t id = 0;
  std::uint64_t start = 0;    // of the id
  std::uint64_t data = 0;     // of the payload
  std::uint64_t size = 0;     // of the payload; up to the end of the file if unknown
  bool unknown_size = false;  // as written to a pipe
  [[nodiscard]] std::uint64_t end() const { return data + size; }
};

// Any bytes with random access: a ByteReader or an AtomicFile.
struct Bytes {
  std::uint64_t size = 0;
  std::function<Status(std::uint64_t offset, std::span<std::uint8_t> out)> read;
};

// The element at `offset`, or nothing if there is none. Its end may lie past that of the file.
std::optional<Element> element_at(const Bytes& bytes, std::uint64_t offset);
// The element at the start of `data`, whose offsets count from there.
std::optional<Element> element_at(std::span<const std::uint8_t> data);
// The segment, which holds everything; nothing if this is not Matroska.
std::optional<Element> find_segment(const Bytes& bytes);

// True if the payload starts with a CRC-32 that does not match the rest of it.
bool fails_checksum(std::span<const std::uint8_t> payload);
// Sets that CRC-32 anew, if there is one.
void renew_checksum(std::span<std::uint8_t> payload);

}  // namespace holo::media::ebml
