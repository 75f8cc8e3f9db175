// Reads a .holo file: the header and the directory on opening, then only the chunks asked for.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <mutex>
#include <string>

#include "core/container/container.hpp"
#include "core/container/crc32c.hpp"
#include "core/container/directory.hpp"
#include "core/container/format_version.hpp"
#include "core/container/header.hpp"
#include "core/container/holo_file.hpp"
#include "core/container/record.hpp"
#include "core/container/timeline.hpp"

namespace holo {
namespace {

using container::ByteCursor;
using container::Directory;
using container::Record;
using container::Timeline;
using container::UnitRecord;

constexpr std::size_t kPrefixBytes = 512;
constexpr std::uint64_t kKeptBytes = std::uint64_t{1} << 20;  // a payload read in pieces
constexpr std::size_t kBlockBytes = std::size_t{1} << 18;

Error at_chunk(Error error, const holo_chunk& chunk) {
  if (chunk.unit != HOLO_SHARED_UNIT) error.unit = static_cast<std::int64_t>(chunk.unit);
  return error;
}

Error not_found(std::uint64_t unit) {
  Error error = make_error(HOLO_NOT_FOUND, "the file has no unit " + std::to_string(unit));
  error.unit = static_cast<std::int64_t>(unit);
  return error;
}

struct Opening {
  ContainerHeader header;
  std::uint64_t first_record = 0;
};

Result<Opening> read_opening(ByteReader& reader) {
  const auto cut = [](const std::string& what) {
    return make_error(HOLO_CORRUPT, "this .holo file is damaged: " + what);
  };
  std::vector<std::uint8_t> bytes(
      static_cast<std::size_t>(std::min<std::uint64_t>(reader.size(), kPrefixBytes)));
  HOLO_TRY(reader.read_at(0, bytes));
  if (!is_holo_file(bytes)) {
    return make_error(HOLO_CORRUPT, "not a .holo file: its first bytes are not 8F 48 4C 4F");
  }
  ByteCursor in(bytes);
  static_cast<void>(in.bytes(container::kMagic.size()));
  const std::uint8_t version = in.u8();
  if (!in.ok()) return cut("it ends within the first five bytes");
  HOLO_TRY(container::check_container_version(version));
  const std::uint64_t size = in.varint();
  const std::uint64_t before = in.position();
  if (!in.ok() || reader.size() - before < container::kChecksumBytes ||
      size > reader.size() - before - container::kChecksumBytes) {
    return cut("its header is cut short; nothing of it can be read");
  }
  const std::uint64_t covered = before + size;
  const std::size_t read = bytes.size();
  if (covered + container::kChecksumBytes > read) {
    bytes.resize(static_cast<std::size_t>(covered + container::kChecksumBytes));
    HOLO_TRY(reader.read_at(read, std::span(bytes).subspan(read)));
  }
  const auto all = std::span<const std::uint8_t>(bytes).first(static_cast<std::size_t>(covered));
  ByteCursor tail(std::span<const std::uint8_t>(bytes).subspan(all.size()));
  if (tail.u32() != container::crc32c(all)) {
    return cut("its header fails the CRC-32C; nothing of it can be read");
  }
  Opening opening;
  HOLO_ASSIGN(opening.header,
              container::parse_header(all.subspan(static_cast<std::size_t>(before))));
  opening.first_record = covered + container::kChecksumBytes;
  return opening;
}

class HoloReader final : public ContainerReader {
 public:
  HoloReader(std::unique_ptr<ByteReader> reader, Opening opening, Directory directory)
      : reader_(std::move(reader)),
        header_(std::move(opening.header)),
        first_record_(opening.first_record),
        directory_(std::move(directory)),
        checked_(std::make_unique<std::atomic<bool>[]>(directory_.chunks().size())) {
    if (header_.stream.unit_count == 0) header_.stream.unit_count = directory_.unit_count();
  }

  [[nodiscard]] const ContainerHeader& header() const override { return header_; }
  [[nodiscard]] std::string container_name() const override { return "holo"; }
  [[nodiscard]] std::uint32_t container_version() const override {
    return container::kContainerVersion;
  }
  [[nodiscard]] bool intact() const override { return directory_.intact(); }
  [[nodiscard]] std::uint64_t bytes_read() const override { return reader_->bytes_read(); }

  Result<UnitInfo> unit_info(std::uint64_t unit) override {
    const UnitRecord* record = directory_.find_unit(unit);
    if (record != nullptr) return read_unit(*record);
    if (kind() != HOLO_PICTURE || unit >= header_.stream.unit_count) return not_found(unit);
    UnitInfo info;
    info.index = unit;
    return info;
  }

  Result<ChunkEntry> find(std::uint32_t type, std::uint64_t unit, std::uint32_t part) override {
    const auto place = directory_.find(type, unit, part);
    if (place) return directory_.chunks()[*place];
    const holo_chunk chunk{sizeof(holo_chunk), type, unit, part, 0, 0};
    return at_chunk(
        make_error(HOLO_NOT_FOUND, "the file has no chunk " + container::chunk_name(chunk) +
                                       (intact() ? "" : "; its end is missing or damaged")),
        chunk);
  }

  Result<std::uint64_t> find_key(std::uint64_t unit) override {
    if (kind() != HOLO_FRAME) {
      if (unit >= header_.stream.unit_count) return not_found(unit);
      return unit;
    }
    const auto key = directory_.find_key(unit);
    if (!key) return not_found(unit);
    return *key;
  }

  Status read(const holo_chunk& chunk, std::uint64_t offset, std::span<std::uint8_t> out) override {
    const auto place = directory_.find(chunk.type, chunk.unit, chunk.part);
    if (!place) return find(chunk.type, chunk.unit, chunk.part).error();
    const ChunkEntry& entry = directory_.chunks()[*place];
    if (offset > entry.chunk.size || out.size() > entry.chunk.size - offset) {
      return at_chunk(
          make_error(HOLO_INVALID_ARG,
                     "chunk " + container::chunk_name(entry.chunk) + ": bytes " +
                         std::to_string(offset) + " to " + std::to_string(offset + out.size()) +
                         " were asked for, it has " + std::to_string(entry.chunk.size)),
          entry.chunk);
    }
    if (out.size() == entry.chunk.size) return read_whole(*place, out);
    if (entry.chunk.size <= kKeptBytes) return read_piece(*place, offset, out);
    if (!checked_[*place].load(std::memory_order_acquire)) HOLO_TRY(check_in_blocks(*place));
    return reader_->read_at(entry.offset + offset, out);
  }

  Result<std::vector<ChunkEntry>> chunks() override {
    const auto chunks = directory_.chunks();
    return std::vector<ChunkEntry>(chunks.begin(), chunks.end());
  }

  Status verify() override {
    for (const UnitRecord& record : directory_.units()) HOLO_TRY(read_unit(record));
    for (std::size_t i = 0; i < directory_.chunks().size(); ++i) HOLO_TRY(check_in_blocks(i));
    // Reads from an intact file trust its index, so the record headers are looked at here only.
    HOLO_ASSIGN(const Directory walked, Directory::walk(*reader_, first_record_));
    if (!directory_.same_records(walked)) {
      return make_error(HOLO_CORRUPT,
                        "the headers of the chunks differ from the index; the file can be read, "
                        "but should be written anew");
    }
    if (intact()) return {};
    return make_error(HOLO_CORRUPT, "the end of the file is missing or damaged; " +
                                        std::to_string(directory_.chunks().size()) +
                                        " whole chunks were found before it");
  }

  Result<std::uint64_t> unit_at(double seconds) override {
    if (kind() != HOLO_FRAME) {
      return make_error(HOLO_INVALID_ARG, "only video has times; ask for a unit by its number");
    }
    const std::lock_guard lock(timeline_mutex_);
    if (!timeline_) {
      std::vector<UnitInfo> frames;
      for (const UnitRecord& record : directory_.units()) {
        HOLO_ASSIGN(UnitInfo info, read_unit(record));
        frames.push_back(std::move(info));
      }
      timeline_.emplace(header_.stream, frames);
    }
    return timeline_->unit_at(seconds);
  }

 private:
  [[nodiscard]] std::int32_t kind() const { return header_.stream.kind; }

  Result<UnitInfo> read_unit(const UnitRecord& place) {
    std::vector<std::uint8_t> bytes(
        static_cast<std::size_t>(place.size + container::kChecksumBytes));
    HOLO_TRY(reader_->read_at(place.offset, bytes));
    Record record{Record::Kind::kUnit, {}};
    record.chunk.unit = place.unit;
    record.chunk.size = place.size;
    const auto description =
        std::span<const std::uint8_t>(bytes).first(static_cast<std::size_t>(place.size));
    ByteCursor tail(std::span<const std::uint8_t>(bytes).subspan(description.size()));
    if (tail.u32() != container::crc32c(description, container::record_seed(record))) {
      Error error =
          make_error(HOLO_CORRUPT, "the description of unit " + std::to_string(place.unit) +
                                       " at byte " + std::to_string(place.offset) +
                                       " fails its CRC-32C; the file is damaged");
      error.unit = static_cast<std::int64_t>(place.unit);
      return error;
    }
    return container::parse_unit(kind(), place.unit, description);
  }

  // Compares a CRC with the one that is stored behind the payload.
  Status compare(std::size_t place, std::uint32_t computed) {
    const ChunkEntry& entry = directory_.chunks()[place];
    std::array<std::uint8_t, container::kChecksumBytes> stored{};
    HOLO_TRY(reader_->read_at(entry.offset + entry.chunk.size, stored));
    const std::uint32_t expected = ByteCursor(stored).u32();
    if (computed == expected) {
      checked_[place].store(true, std::memory_order_release);
      return {};
    }
    std::array<char, 64> figures{};
    std::snprintf(figures.data(), figures.size(), "expected %08X, found %08X", expected, computed);
    return at_chunk(
        make_error(HOLO_CORRUPT, "chunk " + container::chunk_name(entry.chunk) + " at byte " +
                                     std::to_string(entry.offset) + " fails its CRC-32C (" +
                                     figures.data() + "); the file is damaged"),
        entry.chunk);
  }

  [[nodiscard]] std::uint32_t seed(std::size_t place) const {
    return container::record_seed({Record::Kind::kChunk, directory_.chunks()[place].chunk});
  }

  Status read_whole(std::size_t place, std::span<std::uint8_t> out) {
    HOLO_TRY(reader_->read_at(directory_.chunks()[place].offset, out));
    if (checked_[place].load(std::memory_order_acquire)) return {};
    return compare(place, container::crc32c(out, seed(place)));
  }

  // A payload that is read in pieces is kept until another one is, so that it is read once.
  Status read_piece(std::size_t place, std::uint64_t offset, std::span<std::uint8_t> out) {
    Kept kept;
    {
      const std::lock_guard lock(kept_mutex_);
      if (kept_.place == place) kept = kept_;
    }
    if (!kept.bytes) {
      const auto bytes = std::make_shared<std::vector<std::uint8_t>>(
          static_cast<std::size_t>(directory_.chunks()[place].chunk.size));
      HOLO_TRY(read_whole(place, *bytes));
      kept = {place, bytes};
      const std::lock_guard lock(kept_mutex_);
      kept_ = kept;
    }
    std::copy_n(kept.bytes->begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
    return {};
  }

  Status check_in_blocks(std::size_t place) {
    const ChunkEntry& entry = directory_.chunks()[place];
    std::vector<std::uint8_t> block(
        static_cast<std::size_t>(std::min<std::uint64_t>(entry.chunk.size, kBlockBytes)));
    std::uint32_t crc = seed(place);
    for (std::uint64_t done = 0; done < entry.chunk.size;) {
      const auto part = std::span(block).first(
          static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), entry.chunk.size - done)));
      HOLO_TRY(reader_->read_at(entry.offset + done, part));
      crc = container::crc32c(part, crc);
      done += part.size();
    }
    return compare(place, crc);
  }

  struct Kept {
    std::size_t place = SIZE_MAX;
    std::shared_ptr<const std::vector<std::uint8_t>> bytes;
  };

  std::unique_ptr<ByteReader> reader_;
  ContainerHeader header_;
  std::uint64_t first_record_;
  Directory directory_;
  std::unique_ptr<std::atomic<bool>[]> checked_;  // a chunk's CRC was right
  std::mutex kept_mutex_;
  Kept kept_;
  std::mutex timeline_mutex_;
  std::optional<Timeline> timeline_;
};

}  // namespace

Result<std::unique_ptr<ContainerReader>> open_holo_file(std::unique_ptr<ByteReader> reader) {
  HOLO_ASSIGN(Opening opening, read_opening(*reader));
  HOLO_ASSIGN(Directory directory, Directory::open(*reader, opening.first_record));
  return std::unique_ptr<ContainerReader>(
      std::make_unique<HoloReader>(std::move(reader), std::move(opening), std::move(directory)));
}

}  // namespace holo
