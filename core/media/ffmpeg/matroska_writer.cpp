// Collects the chunks of a unit into one packet and hands it to the muxer in decoding order.
#include <algorithm>
#include <cstring>
#include <map>

#include "core/container/packet.hpp"
#include "core/media/ffmpeg/ebml.hpp"
#include "core/media/ffmpeg/matroska.hpp"
#include "core/media/ffmpeg/muxer.hpp"
#include "core/media/ffmpeg/private_data.hpp"

namespace holo::media {

namespace {

constexpr std::uint32_t kNoType = HOLO_FOURCC('n', 'o', 'n', 'e');
// libavformat reads no binary element above 256 MiB; a block begins with 4 bytes of its own.
constexpr std::size_t kMostBinary = (std::size_t{1} << 28) - 4;
constexpr char kRoomMark = '-';
constexpr std::uint64_t kMaxTags = std::uint64_t{64} << 20;

Status check_binary(std::size_t size, const std::string& what) {
  if (size <= kMostBinary) return {};
  return make_error(HOLO_UNSUPPORTED, what + " takes " + std::to_string(size) +
                                          " bytes; a .holovid file holds at most " +
                                          std::to_string(kMostBinary) +
                                          "; use smaller frames or a lower quality");
}

struct StoredChunk {
  holo_chunk chunk;
  std::vector<std::uint8_t> bytes;
};

std::vector<container::ChunkView> views(const std::vector<StoredChunk>& chunks) {
  std::vector<container::ChunkView> list;
  for (const StoredChunk& stored : chunks) list.push_back({stored.chunk, stored.bytes});
  return list;
}

bool fits(Rational value) {
  return value.num > 0 && value.den > 0 && value.num <= INT32_MAX && value.den <= INT32_MAX;
}

// Decoding times that never fall and never pass a presentation time: the time of the last frame
// before which none is missing. Also knows which frames were written.
class DecodingOrder {
 public:
  [[nodiscard]] bool has(std::uint64_t unit) const {
    return unit < complete_ || beyond_.contains(unit);
  }
  std::int64_t add(std::uint64_t unit, std::int64_t pts) {
    if (!time_) time_ = pts;
    beyond_[unit] = pts;
    ++count_;
    while (!beyond_.empty() && beyond_.begin()->first == complete_) {
      time_ = std::max(*time_, beyond_.begin()->second);
      beyond_.erase(beyond_.begin());
      ++complete_;
    }
    return std::min(*time_, pts);
  }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] bool complete() const { return beyond_.empty(); }

 private:
  std::uint64_t complete_ = 0;  // all units below were added
  std::uint64_t count_ = 0;
  std::map<std::uint64_t, std::int64_t> beyond_;
  std::optional<std::int64_t> time_;
};

class MatroskaWriter final : public ContainerWriter {
 public:
  static Result<std::unique_ptr<ContainerWriter>> create(AtomicFile& file,
                                                         const ContainerHeader& header,
                                                         const std::string& carry_from,
                                                         std::vector<std::string>* warnings) {
    if (header.stream.kind != HOLO_FRAME || !header.stream.image ||
        !fits(header.stream.time_base)) {
      return make_error(HOLO_INVALID_ARG,
                        "a .holovid file holds frames, with an image description and a time base");
    }
    HOLO_TRY(validate_image(*header.stream.image, UINT64_MAX));
    std::unique_ptr<MatroskaWriter> writer(new MatroskaWriter(file, header, warnings));
    HOLO_ASSIGN(writer->muxer_, Muxer::create(file, "matroska", carry_from, *writer->warnings_));
    return std::unique_ptr<ContainerWriter>(std::move(writer));
  }

  Status begin_unit(const UnitInfo& info) override {
    HOLO_TRY(finish_unit());
    if (info.index == HOLO_SHARED_UNIT || order_.has(info.index)) {
      return make_error(HOLO_INVALID_ARG,
                        "unit " + std::to_string(info.index) + " was announced twice");
    }
    unit_ = info;
    return {};
  }

  Status write(const holo_chunk& chunk, std::span<const std::uint8_t> bytes) override {
    if (chunk.size != bytes.size()) {
      return make_error(HOLO_INVALID_ARG, "the size of a chunk is not that of its bytes");
    }
    const bool shared = chunk.unit == HOLO_SHARED_UNIT;
    if (shared && unit_) {
      return make_error(HOLO_INVALID_ARG, "shared chunks come before the first unit");
    }
    if (!shared && (!unit_ || chunk.unit != unit_->index)) {
      return make_error(
          HOLO_INVALID_ARG,
          "the chunks of a frame are written together, after it was announced: unit " +
              std::to_string(chunk.unit) + " came while " +
              (unit_ ? "unit " + std::to_string(unit_->index) : "none") + " was being written");
    }
    std::vector<StoredChunk>& list = shared ? shared_ : chunks_;
    for (const StoredChunk& other : list) {
      if (other.chunk.type == chunk.type && other.chunk.part == chunk.part) {
        return make_error(HOLO_INVALID_ARG, "a chunk of the same type, unit and part came twice");
      }
    }
    list.push_back({chunk, {bytes.begin(), bytes.end()}});
    return {};
  }

  Status finish() override {
    HOLO_TRY(finish_unit());
    if (!begun_) {
      return make_error(HOLO_INVALID_ARG, "a video without frames cannot be written");
    }
    if (!order_.complete()) {
      return make_error(HOLO_INVALID_ARG,
                        "the frames that were written have gaps in their numbers");
    }
    HOLO_TRY(muxer_->finish());
    return muxer_->seekable() ? fill_in_count() : Status{};
  }

 private:
  MatroskaWriter(AtomicFile& file, const ContainerHeader& header,
                 std::vector<std::string>* warnings)
      : file_(file),
        header_(header),
        warnings_(warnings != nullptr ? warnings : &own_warnings_),
        context_(header.stream, kNoType) {
    header_.stream.unit_count = 0;  // the tag says it, once it is known
  }

  Status finish_unit() {
    if (!unit_) return {};
    const UnitInfo unit = *unit_;
    if (!begun_) HOLO_TRY(begin(chunks_.empty() ? kNoType : chunks_[0].chunk.type, unit.pts));
    HOLO_ASSIGN(const auto bytes, build_packet(context_, unit, views(chunks_)));
    HOLO_TRY(check_binary(bytes.size(), "frame " + std::to_string(unit.index)));
    const bool key = std::any_of(chunks_.begin(), chunks_.end(), [](const StoredChunk& stored) {
      return (stored.chunk.flags & HOLO_CHUNK_KEY) != 0;
    });
    AvPtr<AVPacket> packet(av_packet_alloc());
    if (!packet || av_new_packet(packet.get(), static_cast<int>(bytes.size())) < 0) {
      return make_error(HOLO_NO_MEMORY,
                        "no memory for a packet of " + std::to_string(bytes.size()) + " bytes");
    }
    std::memcpy(packet->data, bytes.data(), bytes.size());
    packet->pts = unit.pts;
    packet->dts = order_.add(unit.index, unit.pts);
    packet->duration = std::max<std::int64_t>(unit.duration, 0);
    if (key) packet->flags |= AV_PKT_FLAG_KEY;
    unit_.reset();
    chunks_.clear();
    return muxer_->write(*packet, key);
  }

  // Writes the header; waits for the first frame, because the shared chunks are part of it.
  Status begin(std::uint32_t default_type, std::int64_t first_pts) {
    const StreamInfo& stream = header_.stream;
    context_ = container::PacketContext(stream, default_type);
    HOLO_ASSIGN(const auto start,
                container::build_stream_start({header_, default_type, views(shared_)}));
    const AVRational time_base = {static_cast<int>(stream.time_base.num),
                                  static_cast<int>(stream.time_base.den)};
    HOLO_ASSIGN(const std::int64_t shift, muxer_->plan_shift(first_pts, time_base));
    const auto data = wrap_private_data(shift, start);
    // The 40 bytes of a bitmap header stand before it.
    HOLO_TRY(check_binary(data.size() + 40, "the header of the video"));
    AVStream& video = muxer_->video();
    AVCodecParameters& parameters = *video.codecpar;
    parameters.codec_id = AV_CODEC_ID_NONE;
    parameters.codec_tag = kHolovidTag;
    parameters.width = stream.image->width;
    parameters.height = stream.image->height;
    parameters.extradata =
        static_cast<std::uint8_t*>(av_mallocz(data.size() + AV_INPUT_BUFFER_PADDING_SIZE));
    if (parameters.extradata == nullptr) {
      return make_error(HOLO_NO_MEMORY, "no memory for the header of the video");
    }
    std::memcpy(parameters.extradata, data.data(), data.size());
    parameters.extradata_size = static_cast<int>(data.size());
    if (fits(stream.frame_rate)) {
      video.avg_frame_rate = {static_cast<int>(stream.frame_rate.num),
                              static_cast<int>(stream.frame_rate.den)};
    }
    av_dict_set(&video.metadata, kFramesTag, std::string(kFramesRoom, kRoomMark).c_str(), 0);
    begun_ = true;
    Options options;
    return muxer_->begin(time_base, options);
  }

  // libavformat writes tags before the first frame, when the number of frames is not known.
  Status fill_in_count() {
    const ebml::Bytes bytes{file_.size(),
                            [this](std::uint64_t offset, std::span<std::uint8_t> out) {
                              return file_.read_at(offset, out);
                            }};
    const auto segment = ebml::find_segment(bytes);
    std::optional<ebml::Element> element;
    for (std::uint64_t at = segment ? segment->data : bytes.size;; at = element->end()) {
      element = ebml::element_at(bytes, at);
      if (!element || element->id == ebml::kTags) break;
    }
    if (!element || element->size > kMaxTags || element->end() > bytes.size) {
      return make_error(HOLO_INTERNAL, "the tags that were written cannot be found again");
    }
    std::vector<std::uint8_t> payload(static_cast<std::size_t>(element->size));
    HOLO_TRY(file_.read_at(element->data, payload));
    const std::string name = kFramesTag;
    std::string mark = {0x45, static_cast<char>(0xA3), static_cast<char>(0x80 + name.size())};
    mark += name;
    mark += {0x44, static_cast<char>(0x87), static_cast<char>(0x80 + kFramesRoom)};
    mark += std::string(kFramesRoom, kRoomMark);
    const auto found =
        std::search(payload.begin(), payload.end(), mark.begin(), mark.end(),
                    [](std::uint8_t a, char b) { return a == static_cast<std::uint8_t>(b); });
    if (found == payload.end()) {
      return make_error(HOLO_INTERNAL, "the tag for the number of frames cannot be found again");
    }
    // What is left of the room are zeros, which end a string in EBML.
    std::string count = std::to_string(order_.count());
    count.resize(kFramesRoom, '\0');
    std::copy(count.begin(), count.end(), found + (mark.size() - kFramesRoom));
    ebml::renew_checksum(payload);
    return file_.write_at(element->data, payload);
  }

  AtomicFile& file_;
  ContainerHeader header_;
  std::vector<std::string> own_warnings_;
  std::vector<std::string>* warnings_;
  container::PacketContext context_;
  std::unique_ptr<Muxer> muxer_;
  std::vector<StoredChunk> shared_;
  std::vector<StoredChunk> chunks_;
  std::optional<UnitInfo> unit_;
  DecodingOrder order_;
  bool begun_ = false;
};

}  // namespace

Result<std::unique_ptr<ContainerWriter>> create_matroska_file(AtomicFile& file,
                                                              const ContainerHeader& header,
                                                              const std::string& carry_from,
                                                              std::vector<std::string>* warnings) {
  return MatroskaWriter::create(file, header, carry_from, warnings);
}

}  // namespace holo::media
