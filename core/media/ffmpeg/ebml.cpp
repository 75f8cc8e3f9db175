// Variable-length numbers, element headers, and the CRC-32 of a master element.
#include "core/media/ffmpeg/ebml.hpp"

extern "C" {
#include <libavutil/crc.h>
}

#include <algorithm>
#include <array>
#include <bit>

namespace holo::media::ebml {

namespace {

constexpr std::size_t kMaxHead = 12;  // 4 bytes of id, 8 of size
constexpr std::size_t kCrcElement = 6;

// A number whose first byte tells its length by its leading zeros; empty if it does not fit.
std::optional<std::uint64_t> number(std::span<const std::uint8_t>& in, std::size_t longest,
                                    bool keep_marker, bool* all_ones = nullptr) {
  if (in.empty() || in[0] == 0) return std::nullopt;
  const auto length = static_cast<std::size_t>(std::countl_zero(in[0])) + 1;
  if (length > longest || length > in.size()) return std::nullopt;
  std::uint64_t value = keep_marker ? in[0] : in[0] & ((1u << (8 - length)) - 1);
  for (std::size_t i = 1; i < length; ++i) value = value << 8 | in[i];
  if (all_ones != nullptr) *all_ones = value == (std::uint64_t{1} << (7 * length)) - 1;
  in = in.subspan(length);
  return value;
}

std::optional<Element> parse(std::span<const std::uint8_t> head, std::uint64_t offset,
                             std::uint64_t file_size) {
  const std::size_t before = head.size();
  const auto id = number(head, 4, true);
  bool unknown = false;
  const auto size = id ? number(head, 8, false, &unknown) : std::nullopt;
  if (!size) return std::nullopt;
  Element element;
  element.id = static_cast<std::uint32_t>(*id);
  element.start = offset;
  element.data = offset + (before - head.size());
  element.size = unknown ? file_size - element.data : *size;
  element.unknown_size = unknown;
  return element;
}

std::uint32_t crc(std::span<const std::uint8_t> bytes) {
  const AVCRC* table = av_crc_get_table(AV_CRC_32_IEEE_LE);
  return av_crc(table, UINT32_MAX, bytes.data(), bytes.size()) ^ UINT32_MAX;
}

bool has_checksum(std::span<const std::uint8_t> payload) {
  return payload.size() >= kCrcElement && payload[0] == kCrc32 && payload[1] == 0x84;
}

}  // namespace

std::optional<Element> element_at(const Bytes& bytes, std::uint64_t offset) {
  if (offset >= bytes.size) return std::nullopt;
  std::array<std::uint8_t, kMaxHead> head{};
  const auto count =
      static_cast<std::size_t>(std::min<std::uint64_t>(head.size(), bytes.size - offset));
  if (!bytes.read(offset, std::span(head).first(count))) return std::nullopt;
  return parse(std::span(head).first(count), offset, bytes.size);
}

std::optional<Element> element_at(std::span<const std::uint8_t> data) {
  return parse(data.first(std::min(data.size(), kMaxHead)), 0, data.size());
}

std::optional<Element> find_segment(const Bytes& bytes) {
  const auto header = element_at(bytes, 0);
  if (!header || header->id != kHeader || header->size > bytes.size) return std::nullopt;
  const auto segment = element_at(bytes, header->end());
  if (!segment || segment->id != kSegment) return std::nullopt;
  return segment;
}

bool fails_checksum(std::span<const std::uint8_t> payload) {
  if (!has_checksum(payload)) return false;
  const std::uint32_t stored = payload[2] | std::uint32_t{payload[3]} << 8 |
                               std::uint32_t{payload[4]} << 16 | std::uint32_t{payload[5]} << 24;
  return stored != crc(payload.subspan(kCrcElement));
}

void renew_checksum(std::span<std::uint8_t> payload) {
  if (!has_checksum(payload)) return;
  const std::uint32_t value = crc(payload.subspan(kCrcElement));
  for (std::size_t i = 0; i < 4; ++i) payload[2 + i] = static_cast<std::uint8_t>(value >> (8 * i));
}

}  // namespace holo::media::ebml
