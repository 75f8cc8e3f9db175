// Finds frames by number in a Matroska file without walking through all of it.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <set>

#include "core/container/format_version.hpp"
#include "core/media/ffmpeg/ebml.hpp"
#include "core/media/ffmpeg/matroska.hpp"
#include "core/media/ffmpeg/packet_walk.hpp"
#include "core/media/ffmpeg/private_data.hpp"
#include "core/media/video.hpp"

namespace holo::media {

namespace {

constexpr int kReadBuffer = 1 << 13;  // small, so that opening and seeking read little
constexpr std::uint64_t kMaxTracks = std::uint64_t{64} << 20;
constexpr std::uint64_t kMaxCluster = std::uint64_t{1} << 30;
// Of a tick: a time such as 0.1 s, meant to hit a frame, may fall just short.
constexpr double kSlack = 1e-3;

Error missing(std::uint64_t unit, std::uint64_t count) {
  return make_error(HOLO_NOT_FOUND, "no frame " + std::to_string(unit) + "; the video has " +
                                        std::to_string(count) + " (0 to " +
                                        std::to_string(count == 0 ? 0 : count - 1) + ")");
}

// What a Matroska file without our stream holds, for the error.
std::string list_streams(const AVFormatContext& file) {
  std::string list;
  for (unsigned i = 0; i < file.nb_streams; ++i) {
    const char* kind = av_get_media_type_string(file.streams[i]->codecpar->codec_type);
    list += (list.empty() ? "" : ", ") +
            std::string(avcodec_get_name(file.streams[i]->codecpar->codec_id)) + " " +
            (kind != nullptr ? kind : "data");
  }
  return list.empty() ? "no stream at all" : list;
}

class MatroskaReader final : public ContainerReader {
 public:
  static Result<std::unique_ptr<ContainerReader>> open(std::unique_ptr<ByteReader> bytes) {
    std::unique_ptr<MatroskaReader> reader(new MatroskaReader);
    HOLO_TRY(reader->begin(std::move(bytes)));
    return std::unique_ptr<ContainerReader>(std::move(reader));
  }

  [[nodiscard]] const ContainerHeader& header() const override { return start_.header; }
  [[nodiscard]] std::string container_name() const override { return "matroska"; }
  [[nodiscard]] std::uint32_t container_version() const override {
    return container::kContainerVersion;
  }
  [[nodiscard]] bool intact() const override { return intact_; }
  [[nodiscard]] std::uint64_t bytes_read() const override { return bytes_->bytes_read(); }

  Result<UnitInfo> unit_info(std::uint64_t unit) override {
    const std::lock_guard lock(mutex_);
    HOLO_ASSIGN(const PacketPtr packet, locate(unit));
    return packet->packet.unit;
  }

  Result<ChunkEntry> find(std::uint32_t type, std::uint64_t unit, std::uint32_t part) override {
    const std::lock_guard lock(mutex_);
    PacketPtr packet;
    HOLO_ASSIGN(const container::ChunkView* view, find_view(type, unit, part, packet));
    return entry(*view, packet.get());
  }

  Result<std::uint64_t> find_key(std::uint64_t unit) override {
    const std::lock_guard lock(mutex_);
    HOLO_ASSIGN(const PacketPtr packet, locate(unit));
    auto above = keys_.upper_bound(packet->unit());
    if (above == keys_.begin()) return missing(unit, count_);
    return *std::prev(above);
  }

  Status read(const holo_chunk& chunk, std::uint64_t offset, std::span<std::uint8_t> out) override {
    const std::lock_guard lock(mutex_);
    PacketPtr packet;
    HOLO_ASSIGN(const container::ChunkView* view,
                find_view(chunk.type, chunk.unit, chunk.part, packet));
    if (offset > view->bytes.size() || out.size() > view->bytes.size() - offset) {
      return make_error(HOLO_INVALID_ARG, "read past the end of a chunk of " +
                                              std::to_string(view->bytes.size()) + " bytes");
    }
    if (!out.empty()) std::memcpy(out.data(), view->bytes.data() + offset, out.size());
    return {};
  }

  Result<std::vector<ChunkEntry>> chunks() override {
    const std::lock_guard lock(mutex_);
    std::vector<ChunkEntry> list;
    for (const container::ChunkView& view : start_.shared) list.push_back(entry(view, nullptr));
    HOLO_TRY(walk_all([&list, this](const PacketPtr& packet) {
      for (const container::ChunkView& view : packet->packet.chunks) {
        list.push_back(entry(view, packet.get()));
      }
    }));
    return list;
  }

  Status verify() override;
  Result<std::uint64_t> unit_at(double seconds) override;

 private:
  MatroskaReader() = default;
  Status begin(std::unique_ptr<ByteReader> bytes);
  Status take_private_data(const AVStream& stream);
  void take_count(const AVStream& stream);
  void find_private_data();
  Status scan();
  Status check_clusters();

  template <class Visit>
  Status walk_all(Visit visit);
  Status rewind();
  Result<PacketPtr> step();
  Result<PacketPtr> locate(std::uint64_t unit);
  Result<PacketPtr> walk_to(std::uint64_t unit);
  Status go_before(std::uint64_t unit);
  Result<std::uint64_t> key_at(std::size_t cue);
  [[nodiscard]] std::size_t guess_cue(std::uint64_t unit);
  [[nodiscard]] bool comes_before(std::uint64_t unit, std::size_t known, std::size_t cue);
  Result<std::size_t> find_cue(std::uint64_t unit);
  void keep(const PacketPtr& packet);
  Result<const container::ChunkView*> find_view(std::uint32_t type, std::uint64_t unit,
                                                std::uint32_t part, PacketPtr& packet);
  [[nodiscard]] ChunkEntry entry(const container::ChunkView& view,
                                 const LoadedPacket* packet) const;
  [[nodiscard]] ebml::Bytes raw() const {
    return {bytes_->size(), [this](std::uint64_t offset, std::span<std::uint8_t> out) {
              return bytes_->read_at(offset, out);
            }};
  }

  mutable std::mutex mutex_;
  ByteReader* bytes_ = nullptr;  // owned by the walk
  std::optional<PacketWalk> walk_;
  std::vector<std::uint8_t> private_data_;  // start_ borrows it
  container::StreamStart start_;
  std::uint64_t private_offset_ = 0;
  std::int64_t shift_ = 0;
  std::uint64_t count_ = 0;
  bool intact_ = false;
  bool counted_ = false;

  std::map<std::size_t, std::uint64_t> cue_keys_;  // frame number of the key packet at a cue
  std::set<std::uint64_t> keys_;                   // of all that passed
  std::map<std::uint64_t, std::int64_t> scanned_;  // of a file without index: key frames, times
  std::optional<std::uint64_t> at_;                // unit that step() gave last
  std::optional<std::uint64_t> from_;              // key unit that the walk began at
  std::map<std::uint64_t, PacketPtr> cache_;
  std::deque<std::uint64_t> age_;
  std::size_t cached_bytes_ = 0;
};

// ---- opening ------------------------------------------------------------------------------------

Status MatroskaReader::begin(std::unique_ptr<ByteReader> bytes) {
  bytes_ = bytes.get();
  const auto segment = ebml::find_segment(raw());
  if (!segment) {
    return make_error(HOLO_CORRUPT,
                      "not a Matroska file, or its beginning is damaged; a .holovid file begins "
                      "with the bytes 1A 45 DF A3");
  }
  const bool whole = !segment->unknown_size && segment->end() <= bytes_->size();
  HOLO_ASSIGN(auto input, InputFile::open(std::move(bytes), kReadBuffer, "matroska"));
  AVFormatContext& file = *input->context();
  const int index = find_video_stream(&file);
  if (index < 0 || !is_holovid_stream(*file.streams[index])) {
    return make_error(HOLO_UNSUPPORTED, "this Matroska file holds no holovid stream (it holds " +
                                            list_streams(file) + "); to make one, encode it");
  }
  for (unsigned i = 0; i < file.nb_streams; ++i) {
    if (static_cast<int>(i) != index) file.streams[i]->discard = AVDISCARD_ALL;
  }
  HOLO_TRY(take_private_data(*file.streams[index]));
  take_count(*file.streams[index]);
  walk_.emplace(std::move(input), index, start_.header.stream, start_.default_type);
  find_private_data();
  intact_ = whole && counted_ && !walk_->cues().empty();
  if (!intact_) HOLO_TRY(scan());
  start_.header.stream.unit_count = count_;
  return {};
}

Status MatroskaReader::take_private_data(const AVStream& stream) {
  const AVCodecParameters& parameters = *stream.codecpar;
  const std::span<const std::uint8_t> bytes(parameters.extradata,
                                            static_cast<std::size_t>(parameters.extradata_size));
  private_data_.assign(bytes.begin(), bytes.end());
  const auto data = unwrap_private_data(private_data_);
  if (!data) {
    return make_error(HOLO_CORRUPT, "the private data of the video stream are cut short");
  }
  shift_ = data->shift;
  HOLO_ASSIGN(start_, container::parse_stream_start(data->start));
  const StreamInfo& info = start_.header.stream;
  if (info.kind != HOLO_FRAME || !info.image || info.time_base.num <= 0 ||
      info.time_base.den <= 0) {
    return make_error(HOLO_CORRUPT, "the header of the video stream does not describe frames");
  }
  return {};
}

void MatroskaReader::take_count(const AVStream& stream) {
  const AVDictionaryEntry* tag = av_dict_get(stream.metadata, kFramesTag, nullptr, 0);
  if (tag == nullptr) return;
  const std::string_view text = tag->value;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), count_);
  counted_ = failure == std::errc() && end == text.data() + text.size();
  if (!counted_) count_ = 0;
}

// Only to say where shared chunks lie in the file.
void MatroskaReader::find_private_data() {
  const auto segment = ebml::find_segment(raw());
  if (!segment || start_.shared.empty()) return;
  std::optional<ebml::Element> element;
  for (std::uint64_t at = segment->data;; at = element->end()) {
    element = ebml::element_at(raw(), at);
    if (!element || element->id == ebml::kCluster) return;
    if (element->id == ebml::kTracks) break;
  }
  if (element->size > kMaxTracks || element->end() > bytes_->size()) return;
  std::vector<std::uint8_t> tracks(static_cast<std::size_t>(element->size));
  if (!bytes_->read_at(element->data, tracks)) return;
  const auto found =
      std::search(tracks.begin(), tracks.end(), private_data_.begin(), private_data_.end());
  if (found == tracks.end()) return;
  private_offset_ = element->data + static_cast<std::uint64_t>(found - tracks.begin());
}

// Goes through the whole file once and remembers its key frames.
Status MatroskaReader::scan() {
  count_ = 0;
  return walk_all([this](const PacketPtr& packet) {
    if (packet->packet.key) scanned_[packet->unit()] = packet->time;
    count_ = std::max(count_, packet->unit() + 1);
  });
}

// ---- walking ------------------------------------------------------------------------------------

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

// Every packet from the first on. In a damaged file what cannot be parsed is passed over, and what
// libavformat cannot get past is the end.
template <class Visit>
Status MatroskaReader::walk_all(Visit visit) {
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
  if (unit >= count_) return missing(unit, count_);
  const auto cached = cache_.find(unit);
  if (cached != cache_.end()) return cached->second;
  if (!at_ || unit != *at_ + 1) HOLO_TRY(go_before(unit));
  auto packet = walk_to(unit);
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
            static_cast<double>(cues.back().time - cues.front().time);
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
  if (low == 0) return missing(unit, count_);
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
    if (above == scanned_.begin()) return missing(unit, count_);
    --above;
    key = above->first;
    time = above->second;
  }
  if (at_ && from_ && *from_ <= unit && *at_ >= key && *at_ < unit) return {};
  at_.reset();
  from_.reset();
  return walk_->seek(time);
}

// ---- chunks -------------------------------------------------------------------------------------

Result<const container::ChunkView*> MatroskaReader::find_view(std::uint32_t type,
                                                              std::uint64_t unit,
                                                              std::uint32_t part,
                                                              PacketPtr& packet) {
  const std::vector<container::ChunkView>* list = &start_.shared;
  if (unit != HOLO_SHARED_UNIT) {
    HOLO_ASSIGN(packet, locate(unit));
    list = &packet->packet.chunks;
  }
  for (const container::ChunkView& view : *list) {
    if (view.chunk.type == type && view.chunk.part == part) return &view;
  }
  return make_error(HOLO_NOT_FOUND, "no such chunk");
}

ChunkEntry MatroskaReader::entry(const container::ChunkView& view,
                                 const LoadedPacket* packet) const {
  if (packet != nullptr) return {view.chunk, packet->offset_of(view)};
  return {view.chunk,
          private_offset_ + static_cast<std::uint64_t>(view.bytes.data() - private_data_.data())};
}

// ---- times --------------------------------------------------------------------------------------

Result<std::uint64_t> MatroskaReader::unit_at(double seconds) {
  if (!(seconds >= 0) || !std::isfinite(seconds)) {
    return make_error(HOLO_INVALID_ARG, "a time is counted from the start and not negative");
  }
  const std::lock_guard lock(mutex_);
  if (count_ == 0) return missing(0, 0);
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

// ---- checking -----------------------------------------------------------------------------------

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

}  // namespace

Result<std::unique_ptr<ContainerReader>> open_matroska_file(const std::string& path) {
  HOLO_ASSIGN(auto bytes, open_reader(path));
  return MatroskaReader::open(std::move(bytes));
}

Result<std::unique_ptr<ContainerReader>> open_matroska_bytes(std::unique_ptr<ByteReader> bytes) {
  return MatroskaReader::open(std::move(bytes));
}

}  // namespace holo::media
