// Checks a whole file: checksums, then that every frame is there.
#include "core/media/ffmpeg/matroska_reader.hpp"

namespace holo::media {

namespace {

constexpr std::uint64_t kMaxCluster = std::uint64_t{1} << 30;

}  // namespace

Status MatroskaReader::verify() {
  const std::lock_guard lock(mutex_);
  HOLO_TRY(check_clusters());
  if (!intact_) {
    return make_error(HOLO_CORRUPT,
                      "the end of the file is missing (its index and its number of frames); " +
                          std::to_string(count_) + " frames can be read");
  }
  std::set<std::uint64_t> seen;
  Status walked = walk_all([&seen](const PacketPtr& packet) { seen.insert(packet->unit()); });
  if (!walked) return std::move(walked).error().in("after frame " + std::to_string(seen.size()));
  std::uint64_t expected = 0;
  for (const std::uint64_t unit : seen) {
    if (unit != expected) break;
    ++expected;
  }
  if (expected != count_ || seen.size() != count_) {
    return make_error(HOLO_CORRUPT, "frame " + std::to_string(expected) + " of " +
                                        std::to_string(count_) + " is missing or one too many");
  }
  return {};
}

// Every top-level element against the CRC-32 that it begins with, if it has one.
Status MatroskaReader::check_clusters() {
  const auto segment = ebml::find_segment(raw());
  if (!segment) return make_error(HOLO_CORRUPT, "not a Matroska file");
  std::vector<std::uint8_t> payload;
  for (std::uint64_t at = segment->data; at < bytes_->size();) {
    const auto element = ebml::element_at(raw(), at);
    const bool fits = element && !element->unknown_size && element->end() <= bytes_->size();
    if (!fits || element->size > kMaxCluster) {
      // A file that was written to a pipe has clusters of unknown size and no checksums.
      if (element && element->unknown_size) return {};
      return make_error(HOLO_CORRUPT,
                        "the file is damaged or cut short at byte " + std::to_string(at));
    }
    payload.resize(static_cast<std::size_t>(element->size));
    HOLO_TRY(bytes_->read_at(element->data, payload));
    if (ebml::fails_checksum(payload)) {
      return make_error(HOLO_CORRUPT, std::string(element->id == ebml::kCluster
                                                      ? "the frames in the cluster"
                                                      : "the part of the header or index") +
                                          " at byte " + std::to_string(at) +
                                          " do not match their CRC-32; the file is damaged there");
    }
    at = element->end();
  }
  return {};
}

}  // namespace holo::media
