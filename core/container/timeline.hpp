// Which frame is shown at which time; for either home, once the times of the frames are known.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "core/base/result.hpp"
#include "core/base/unit.hpp"

namespace holo::container {

class Timeline {
 public:
  // Frames in any order. Without frames the nominal rate decides.
  Timeline(const StreamInfo& stream, std::span<const UnitInfo> frames);

  // The frame shown `seconds` after the first one appears. INVALID_ARG for a negative time,
  // NOT_FOUND past the end (known from the last frame's duration, or the rate), both with the
  // length of the film.
  [[nodiscard]] Result<std::uint64_t> unit_at(double seconds) const;

 private:
  std::uint64_t unit_count_;
  double rate_ = 0;  // frames a second; 0 unknown
  double tick_ = 0;  // seconds
  std::int64_t last_duration_ = 0;
  std::vector<std::pair<std::int64_t, std::uint64_t>> frames_;  // pts, unit; ascending
};

}  // namespace holo::container
