// Walks packets, and finds frames by number without walking through all of the file.
#include "core/media/ffmpeg/matroska_reader.hpp"

#include <algorithm>

namespace holo::media {

Error missing_frame(std::uint64_t unit, std::uint64_t count) {
  return make_error(HOLO_NOT_FOUND, "no frame " + std::to_string(unit) + "; the video has " +
                                        std::to_string(count) + " (0 to " +
                                        std::to_string(count == 0 ? 0 : count - 1) + ")");
}

Status MatroskaReader::rewind() {
  at_.reset();
  from_.reset();
  const auto& cues = walk_->cues();
  if (!cues.empty()) return walk_->seek(cues.front().time);
  if (!scanned_.empty()) return walk_->seek(scanned_.begin()->second);
  // Without any index libavformat has not moved from the first cluster, or is moved back to it.
  return {};
}

Result<PacketPtr> MatroskaReader::step() {
  auto packet = walk_->next();
  if (!packet || *packet == nullptr) {
    at_.reset();
    return packet;
  }
  at_ = (*packet)->unit();
  if ((*packet)->packet.key) {
    keys_.insert(*at_);
    if (!from_) from_ = *at_;
  }
  return packet;
}

Status MatroskaReader::walk_all(const std::function<void(const PacketPtr&)>& visit) {
  HOLO_TRY(rewind());
  for (;;) {
    auto packet = step();
    if (!packet) {
      if (intact_ || packet.error().code != HOLO_CORRUPT) return std::move(packet).error();
      if (!walk_->readable()) break;
      continue;
    }
    if (!*packet) break;
    visit(*packet);
  }
  at_.reset();
  return {};
}

void MatroskaReader::keep(const PacketPtr& packet) {
  if (cache_.contains(packet->unit())) return;
  cache_[packet->unit()] = packet;
  age_.push_back(packet->unit());
  cached_bytes_ += static_cast<std::size_t>(packet->data->size);
  while (cached_bytes_ > kCachedBytes && age_.size() > 1) {
    const auto oldest = cache_.find(age_.front());
    cached_bytes_ -= static_cast<std::size_t>(oldest->second->data->size);
    cache_.erase(oldest);
    age_.pop_front();
  }
}

Result<PacketPtr> MatroskaReader::locate(std::uint64_t unit) {
  if (unit >= count_) return missing_frame(unit, count_);
  const auto cached = cache_.find(unit);
  if (cached != cache_.end()) return cached->second;
  const bool walked = at_.has_value();
  if (!at_ || unit != *at_ + 1) HOLO_TRY(go_before(unit));
  auto packet = walk_to(unit);
  if (!packet && walked) {
    // The walk may have passed it long ago, and the cache let it go.
    at_.reset();
    from_.reset();
    HOLO_TRY(go_before(unit));
    packet = walk_to(unit);
  }
  if (!packet) {
    Error error = std::move(packet).error().in("frame " + std::to_string(unit));
    error.unit = static_cast<std::int64_t>(unit);
    return error;
  }
  return packet;
}

// Steps until the unit comes. It may come after a later key frame, but not after a frame that
// follows that key frame in time.
Result<PacketPtr> MatroskaReader::walk_to(std::uint64_t unit) {
  std::optional<std::uint64_t> later_key;
  for (;;) {
    HOLO_ASSIGN(PacketPtr packet, step());
    if (!packet) break;
    // Frames that lead a key frame in time cannot be rendered from it alone.
    if (from_ && packet->unit() >= *from_) keep(packet);
    if (packet->unit() == unit) return packet;
    if (later_key && packet->unit() > *later_key) break;
    if (packet->packet.key && packet->unit() > unit) later_key = packet->unit();
  }
  at_.reset();
  return make_error(intact_ ? HOLO_CORRUPT : HOLO_NOT_FOUND,
                    "missing in the file, which is damaged there");
}

// Frame number of the key packet that a cue leads to.
Result<std::uint64_t> MatroskaReader::key_at(std::size_t cue) {
  const auto known = cue_keys_.find(cue);
  if (known != cue_keys_.end()) return known->second;
  at_.reset();
  from_.reset();
  HOLO_TRY(walk_->seek(walk_->cues()[cue].time));
  HOLO_ASSIGN(PacketPtr packet, step());
  if (!packet || !packet->packet.key) {
    return make_error(HOLO_CORRUPT, "the index of the file leads nowhere");
  }
  cue_keys_[cue] = packet->unit();
  keep(packet);
  return packet->unit();
}

// The cue where a frame would be if all went by the frame rate, or evenly.
std::size_t MatroskaReader::guess_cue(std::uint64_t unit) {
  const auto& cues = walk_->cues();
  const StreamInfo& info = start_.header.stream;
  double time = static_cast<double>(cues.front().time);
  if (info.frame_rate.num > 0) {
    time += static_cast<double>(unit) * 1000 * static_cast<double>(info.frame_rate.den) /
            static_cast<double>(info.frame_rate.num);
  } else {
    time += static_cast<double>(unit) / static_cast<double>(count_) *
            (static_cast<double>(cues.back().time) - static_cast<double>(cues.front().time));
  }
  const auto above = std::upper_bound(
      cues.begin(), cues.end(), time + 1,
      [](double wanted, const Cue& cue) { return wanted < static_cast<double>(cue.time); });
  return above == cues.begin() ? 0 : static_cast<std::size_t>(above - cues.begin()) - 1;
}

// True if the frame rate says that a frame is shown before the time of a cue, counted from a key
// frame whose cue is known.
bool MatroskaReader::comes_before(std::uint64_t unit, std::size_t known, std::size_t cue) {
  const Rational rate = start_.header.stream.frame_rate;
  if (rate.num <= 0) return false;
  const auto& cues = walk_->cues();
  const double time = static_cast<double>(cues[known].time) +
                      static_cast<double>(unit - cue_keys_[known]) * 1000 *
                          static_cast<double>(rate.den) / static_cast<double>(rate.num);
  return time < static_cast<double>(cues[cue].time) - 1;
}

// A cue whose key frame is not after the unit, and the next one is: guessed, then halved. If times
// do not follow the frame rate it may be an earlier one, which costs a longer walk.
Result<std::size_t> MatroskaReader::find_cue(std::uint64_t unit) {
  std::size_t low = 0;  // one past the last cue known to be at or before the unit
  std::size_t high = walk_->cues().size();
  for (const auto& [cue, key] : cue_keys_) {
    if (key <= unit) low = cue + 1;
  }
  const auto after = cue_keys_.lower_bound(low);
  if (after != cue_keys_.end()) high = after->first;
  std::size_t probe = guess_cue(unit);
  for (int tries = 0; low < high && (low == 0 || !comes_before(unit, low - 1, low)); ++tries) {
    probe = tries < 2 ? std::clamp(probe, low, high - 1) : low + (high - low) / 2;
    HOLO_ASSIGN(const std::uint64_t key, key_at(probe));
    if (key <= unit) {
      low = ++probe;
    } else {
      high = probe;
      probe -= probe > 0 ? 1 : 0;
    }
  }
  if (low == 0) return missing_frame(unit, count_);
  return low - 1;
}

// Places the walk so that the unit is still to come: at a key frame that is not after it, or where
// it is if that is between the two.
Status MatroskaReader::go_before(std::uint64_t unit) {
  std::uint64_t key = 0;
  std::int64_t time = 0;
  if (intact_) {
    HOLO_ASSIGN(const std::size_t cue, find_cue(unit));
    HOLO_ASSIGN(key, key_at(cue));
    time = walk_->cues()[cue].time;
  } else {
    auto above = scanned_.upper_bound(unit);
    if (above == scanned_.begin()) return missing_frame(unit, count_);
    --above;
    key = above->first;
    time = above->second;
  }
  if (at_ && from_ && *from_ <= unit && *at_ >= key && *at_ < unit) return {};
  at_.reset();
  from_.reset();
  return walk_->seek(time);
}

}  // namespace holo::media
