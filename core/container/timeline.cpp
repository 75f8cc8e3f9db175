// Frames sorted by presentation time; a time is looked up by halving.
#include "core/container/timeline.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace holo::container {
namespace {

// A thousandth of a tick or frame: a time such as 0.1 s, meant to hit a frame, may fall just short.
constexpr double kSlack = 1e-3;

}  // namespace

Timeline::Timeline(const StreamInfo& stream, std::span<const UnitInfo> frames)
    : unit_count_(stream.unit_count) {
  if (stream.frame_rate.num > 0) {
    rate_ = static_cast<double>(stream.frame_rate.num) / static_cast<double>(stream.frame_rate.den);
  }
  if (stream.time_base.num > 0) {
    tick_ = static_cast<double>(stream.time_base.num) / static_cast<double>(stream.time_base.den);
  }
  std::int64_t last = INT64_MIN;
  for (const UnitInfo& frame : frames) {
    frames_.emplace_back(frame.pts, frame.index);
    if (frame.pts >= last) last_duration_ = frame.duration;
    last = std::max(last, frame.pts);
  }
  std::sort(frames_.begin(), frames_.end());
}

Result<std::uint64_t> Timeline::unit_at(double seconds) const {
  if (!(seconds >= 0) || !std::isfinite(seconds)) {
    return make_error(HOLO_INVALID_ARG, "a time is counted from the start and not negative");
  }
  const auto past = [seconds](double length) {
    return make_error(HOLO_NOT_FOUND, "no frame at " + std::to_string(seconds) +
                                          " s; the video is " + std::to_string(length) + " s long");
  };
  if (frames_.empty() || tick_ <= 0) {
    if (rate_ <= 0) return make_error(HOLO_NOT_FOUND, "the video has no times and no frame rate");
    const double frame = std::floor(seconds * rate_ + kSlack);
    if (frame >= static_cast<double>(unit_count_)) {
      return past(static_cast<double>(unit_count_) / rate_);
    }
    return static_cast<std::uint64_t>(frame);
  }
  const auto start = static_cast<double>(frames_.front().first);
  const auto since = [start](std::int64_t pts) { return static_cast<double>(pts) - start; };
  const double ticks = seconds / tick_ + kSlack;
  const double duration = last_duration_ > 0 ? static_cast<double>(last_duration_)
                          : rate_ > 0        ? 1 / (rate_ * tick_)
                                             : 1;
  const double length = since(frames_.back().first) + duration;
  if (ticks >= length + kSlack) return past(length * tick_);
  const auto above = std::upper_bound(
      frames_.begin(), frames_.end(), ticks,
      [&](double wanted, const auto& frame) { return wanted < since(frame.first); });
  return (above - 1)->second;  // the first frame is at 0, never above
}

}  // namespace holo::container
