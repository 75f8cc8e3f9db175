// Checks what the rest of a tile's decoder relies on.
#include "plugins/holo-image/deep/tile_head.hpp"

#include <string>

#include "plugins/holo-image/deep/model.hpp"

namespace holo::image::deep {
namespace {

constexpr std::uint8_t kFiltered = 128;
constexpr std::uint8_t kAdaptive = 64;

}  // namespace

std::vector<std::uint8_t> write_tile_head(const TileHead& head, int planes) {
  std::vector<std::uint8_t> bytes = {
      static_cast<std::uint8_t>(kModelVersion | (head.filtered ? kFiltered : 0) |
                                (head.adaptive ? kAdaptive : 0)),
      static_cast<std::uint8_t>(head.step & 255), static_cast<std::uint8_t>(head.step >> 8)};
  for (int plane = 0; plane < planes; ++plane)
    bytes.push_back(static_cast<std::uint8_t>(head.start[std::size_t(plane)] / 64 + 128));
  return bytes;
}

Result<TileHead> read_tile_head(std::span<const std::uint8_t> bytes, int planes) {
  TileHead head;
  head.bytes = 3 + static_cast<std::size_t>(planes);
  if (bytes.size() < head.bytes)
    return make_error(HOLO_CORRUPT, "tile: expected a head of " + std::to_string(head.bytes) +
                                        " bytes, found " + std::to_string(bytes.size()) +
                                        "; the file is damaged, fetch it again");
  const int version = bytes[0] & ~(kFiltered | kAdaptive);
  if (version != kModelVersion)
    return make_error(HOLO_UNSUPPORTED,
                      "tile: coded with model " + std::to_string(version) +
                          ", this plugin has model " + std::to_string(kModelVersion) +
                          "; use the release of holo-image that wrote the file, or a newer one");
  head.filtered = (bytes[0] & kFiltered) != 0;
  head.adaptive = (bytes[0] & kAdaptive) != 0;
  head.step = bytes[1] | bytes[2] << 8;
  if (head.step < kStepMin || head.step > kStepMax)
    return make_error(HOLO_CORRUPT, "tile: expected a step of " + std::to_string(kStepMin) +
                                        " to " + std::to_string(kStepMax) + ", found " +
                                        std::to_string(head.step) +
                                        "; the file is damaged, fetch it again");
  for (std::size_t plane = 0; plane < std::size_t(planes); ++plane)
    head.start[plane] = static_cast<std::int16_t>((bytes[3 + plane] - 128) * 64);
  return head;
}

}  // namespace holo::image::deep
