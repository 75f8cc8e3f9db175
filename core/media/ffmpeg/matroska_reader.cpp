// Opens a Matroska file as a container and gives out its chunks.
#include "core/media/ffmpeg/matroska_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "core/media/ffmpeg/private_data.hpp"
#include "core/media/video.hpp"

namespace holo::media {

namespace {

constexpr int kReadBuffer = 1 << 13;  // small, so that opening and seeking read little
constexpr std::uint32_t kTrackEntry = 0xAE;
constexpr std::uint32_t kCodecPrivate = 0x63A2;
constexpr std::uint64_t kMaxTracks = std::uint64_t{64} << 20;

// The payload of the children of a master element, as far as they lie whole inside it.
void each_child(std::span<const std::uint8_t> rest, std::uint32_t id,
                const std::function<void(std::span<const std::uint8_t>)>& visit) {
  while (const auto element = ebml::element_at(rest)) {
    if (element->data > rest.size() || element->size > rest.size() - element->data) return;
    const auto payload = rest.subspan(static_cast<std::size_t>(element->data),
                                      static_cast<std::size_t>(element->size));
    if (element->id == id) visit(payload);
    rest = rest.subspan(static_cast<std::size_t>(element->end()));
  }
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

}  // namespace

// ---- opening ------------------------------------------------------------------------------------

Result<std::unique_ptr<ContainerReader>> MatroskaReader::open(std::unique_ptr<ByteReader> bytes) {
  std::unique_ptr<MatroskaReader> reader(new MatroskaReader);
  HOLO_TRY(reader->begin(std::move(bytes)));
  return std::unique_ptr<ContainerReader>(std::move(reader));
}

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
  counted_ = failure == std::errc() && end == text.data() + text.size() &&
             count_ <= bytes_->size();  // a frame takes a byte at least
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
  // A header of another kind may stand before our bytes, which go on to the end of the element.
  each_child(tracks, kTrackEntry, [&](std::span<const std::uint8_t> track) {
    each_child(track, kCodecPrivate, [&](std::span<const std::uint8_t> data) {
      if (private_offset_ != 0 || data.size() < private_data_.size()) return;
      const auto tail = data.last(private_data_.size());
      if (!std::equal(tail.begin(), tail.end(), private_data_.begin())) return;
      private_offset_ = element->data + static_cast<std::uint64_t>(tail.data() - tracks.data());
    });
  });
}

// Goes through the whole file once and remembers its key frames.
Status MatroskaReader::scan() {
  count_ = 0;
  return walk_all([this](const PacketPtr& packet) {
    if (packet->unit() >= bytes_->size()) return;  // a number that no file of this size can reach
    if (packet->packet.key) scanned_[packet->unit()] = packet->time;
    count_ = std::max(count_, packet->unit() + 1);
  });
}

// ---- chunks -------------------------------------------------------------------------------------

Result<UnitInfo> MatroskaReader::unit_info(std::uint64_t unit) {
  const std::lock_guard lock(mutex_);
  HOLO_ASSIGN(const PacketPtr packet, locate(unit));
  return packet->packet.unit;
}

Result<ChunkEntry> MatroskaReader::find(std::uint32_t type, std::uint64_t unit,
                                        std::uint32_t part) {
  const std::lock_guard lock(mutex_);
  PacketPtr packet;
  HOLO_ASSIGN(const container::ChunkView* view, find_view(type, unit, part, packet));
  return entry(*view, packet.get());
}

Result<std::uint64_t> MatroskaReader::find_key(std::uint64_t unit) {
  const std::lock_guard lock(mutex_);
  HOLO_ASSIGN(const PacketPtr packet, locate(unit));
  auto above = keys_.upper_bound(packet->unit());
  if (above == keys_.begin()) return missing_frame(unit, count_);
  return *std::prev(above);
}

Status MatroskaReader::read(const holo_chunk& chunk, std::uint64_t offset,
                            std::span<std::uint8_t> out) {
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

Result<std::vector<ChunkEntry>> MatroskaReader::chunks() {
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

Result<std::unique_ptr<ContainerReader>> open_matroska_file(const std::string& path) {
  HOLO_ASSIGN(auto bytes, open_reader(path));
  return MatroskaReader::open(std::move(bytes));
}

Result<std::unique_ptr<ContainerReader>> open_matroska_bytes(std::unique_ptr<ByteReader> bytes) {
  return MatroskaReader::open(std::move(bytes));
}

}  // namespace holo::media
