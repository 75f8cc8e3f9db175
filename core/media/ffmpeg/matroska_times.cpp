// Which frame is shown at a time.
#include "core/media/ffmpeg/matroska_reader.hpp"

#include <algorithm>
#include <cmath>

namespace holo::media {

namespace {

// Of a tick: a time such as 0.1 s, meant to hit a frame, may fall just short.
constexpr double kSlack = 1e-3;

}  // namespace

Result<std::uint64_t> MatroskaReader::unit_at(double seconds) {
  if (!(seconds >= 0) || !std::isfinite(seconds)) {
    return make_error(HOLO_INVALID_ARG, "a time is counted from the start and not negative");
  }
  const std::lock_guard lock(mutex_);
  if (count_ == 0) return missing_frame(0, 0);
  const StreamInfo& info = start_.header.stream;
  const double tick =
      static_cast<double>(info.time_base.num) / static_cast<double>(info.time_base.den);
  HOLO_ASSIGN(const PacketPtr first, locate(0));
  const auto start = static_cast<double>(first->packet.unit.pts);
  const double wanted = start + seconds / tick + kSlack;  // ticks
  // The last key frame that is not after the wanted time.
  const double milliseconds = wanted * tick * 1000 + static_cast<double>(shift_);
  std::int64_t time = INT64_MIN;
  if (intact_) {
    for (const Cue& cue : walk_->cues()) {
      if (static_cast<double>(cue.time) <= milliseconds + 1) time = cue.time;
    }
  } else {
    for (const auto& [unit, at] : scanned_) {
      if (static_cast<double>(at) <= milliseconds + 1) time = std::max(time, at);
    }
  }
  at_.reset();
  from_.reset();
  if (time == INT64_MIN)
    HOLO_TRY(rewind());
  else
    HOLO_TRY(walk_->seek(time));
  UnitInfo best = first->packet.unit;
  std::optional<std::int64_t> later_key;
  for (;;) {
    HOLO_ASSIGN(PacketPtr packet, step());
    if (!packet) break;
    if (from_ && packet->unit() >= *from_) keep(packet);
    const UnitInfo& unit = packet->packet.unit;
    const bool shown = static_cast<double>(unit.pts) <= wanted;
    if (shown && unit.pts >= best.pts) best = unit;
    if (later_key && unit.pts > *later_key) break;
    if (!shown && packet->packet.key) later_key = unit.pts;
  }
  // The cue may be a millisecond late: then the frame before its key frame is the one.
  if (best.index == 0 && time != INT64_MIN && wanted > start + 1 && from_ && *from_ > 0) {
    HOLO_ASSIGN(const PacketPtr before, locate(*from_ - 1));
    if (static_cast<double>(before->packet.unit.pts) <= wanted) best = before->packet.unit;
  }
  if (best.index + 1 == count_) {
    double length = static_cast<double>(best.duration);
    if (best.duration <= 0) {
      length = info.frame_rate.num > 0 ? static_cast<double>(info.frame_rate.den) /
                                             (static_cast<double>(info.frame_rate.num) * tick)
                                       : 1;
    }
    const double end = static_cast<double>(best.pts) + length;
    if (wanted >= end + 2 * kSlack) {
      return make_error(HOLO_NOT_FOUND, "no frame at " + seconds_text(seconds) + "; the video is " +
                                            seconds_text((end - start) * tick) + " long");
    }
  }
  return best.index;
}

}  // namespace holo::media
