// The index is the record headers one after another, so one parser serves index and walk.
#include "core/container/directory.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include "core/container/crc32c.hpp"
#include "core/container/holo_file.hpp"

namespace holo::container {
namespace {

auto name_of(const holo_chunk& chunk) { return std::tuple(chunk.unit, chunk.type, chunk.part); }

}  // namespace

bool Directory::add(const Record& record, std::uint64_t limit, std::uint64_t& position) {
  const std::uint64_t room = limit - position;  // position <= limit always
  if (room < kChecksumBytes || record.chunk.size > room - kChecksumBytes) return false;
  if (record.kind == Record::Kind::kChunk) {
    chunks_.push_back({record.chunk, position});
  } else {
    units_.push_back({record.chunk.unit, position, record.chunk.size});
  }
  position += record.chunk.size + kChecksumBytes;
  return true;
}

void Directory::sort() {
  order_.resize(chunks_.size());
  for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = i;
  const auto name = [this](std::size_t place) { return name_of(chunks_[place].chunk); };
  std::stable_sort(order_.begin(), order_.end(),
                   [&](std::size_t a, std::size_t b) { return name(a) < name(b); });
  const auto same_name = [&](std::size_t a, std::size_t b) { return name(a) == name(b); };
  if (std::adjacent_find(order_.begin(), order_.end(), same_name) != order_.end()) intact_ = false;

  const auto by_unit = [](const UnitRecord& a, const UnitRecord& b) { return a.unit < b.unit; };
  const auto same_unit = [](const UnitRecord& a, const UnitRecord& b) { return a.unit == b.unit; };
  std::stable_sort(units_.begin(), units_.end(), by_unit);
  if (std::adjacent_find(units_.begin(), units_.end(), same_unit) != units_.end()) intact_ = false;

  for (const std::size_t place : order_) {
    const holo_chunk& chunk = chunks_[place].chunk;
    if ((chunk.flags & HOLO_CHUNK_KEY) == 0 || chunk.unit == HOLO_SHARED_UNIT) continue;
    if (keys_.empty() || keys_.back() != chunk.unit) keys_.push_back(chunk.unit);
  }
}

Result<std::optional<Directory>> Directory::from_index(ByteReader& reader,
                                                       std::uint64_t first_record) {
  const std::optional<Directory> none;
  constexpr std::uint64_t kLeast = 1 + kFooterBytes;  // mark and footer
  const std::uint64_t size = reader.size();
  if (size < kLeast || size - kLeast < first_record) return none;
  std::array<std::uint8_t, kFooterBytes> footer{};
  HOLO_TRY(reader.read_at(size - kFooterBytes, footer));
  ByteCursor tail(footer);
  const std::uint64_t index_size = tail.u64();
  const std::uint32_t checksum = tail.u32();
  const auto magic = tail.bytes(kFooterMagic.size());
  if (!std::equal(magic.begin(), magic.end(), kFooterMagic.begin(), kFooterMagic.end()) ||
      index_size > size - kLeast - first_record) {
    return none;
  }
  const std::uint64_t mark = size - kLeast - index_size;
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(1 + index_size));
  HOLO_TRY(reader.read_at(mark, bytes));
  if (bytes[0] != kIndexRecord || crc32c(std::span(footer).first(8), crc32c(bytes)) != checksum) {
    return none;
  }
  Directory directory;
  directory.intact_ = true;
  ByteCursor in{std::span(bytes).subspan(1)};
  RecordContext context;
  std::uint64_t position = first_record;
  while (in.remaining() > 0) {
    const std::size_t before = in.position();
    const auto record = read_record_header(in, context);
    const bool placed = record && record->kind <= Record::Kind::kUnit;
    if (!placed || in.position() - before > mark - position) return none;
    position += in.position() - before;
    if (!directory.add(*record, mark, position)) return none;
  }
  if (position != mark) return none;  // it is the index of another file
  directory.sort();
  return std::optional(std::move(directory));
}

Result<Directory> Directory::walk(ByteReader& reader, std::uint64_t first_record) {
  Directory directory;
  const std::uint64_t size = reader.size();
  RecordContext context;
  std::uint32_t headers = 0;  // CRC-32C of the record headers
  std::array<std::uint8_t, kMaxRecordHeader> window{};
  for (std::uint64_t position = first_record; position < size;) {
    const auto bytes = std::span(window).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(window.size(), size - position)));
    HOLO_TRY(reader.read_at(position, bytes));
    ByteCursor in(bytes);
    const auto record = read_record_header(in, context);
    if (!record || record->kind == Record::Kind::kIndex) break;
    if (record->kind == Record::Kind::kEnd) {
      directory.intact_ = in.u8() == fold(headers) && in.ok() && position + in.position() == size;
      break;
    }
    position += in.position();
    headers = crc32c(bytes.first(in.position()), headers);
    if (!directory.add(*record, size, position)) break;
  }
  directory.sort();
  return directory;
}

Result<Directory> Directory::open(ByteReader& reader, std::uint64_t first_record) {
  HOLO_ASSIGN(std::optional<Directory> indexed, from_index(reader, first_record));
  if (indexed) return std::move(*indexed);
  return walk(reader, first_record);
}

std::optional<std::size_t> Directory::find(std::uint32_t type, std::uint64_t unit,
                                           std::uint32_t part) const {
  const auto wanted = std::tuple(unit, type, part);
  const auto found = std::lower_bound(
      order_.begin(), order_.end(), wanted,
      [this](std::size_t place, const auto& name) { return name_of(chunks_[place].chunk) < name; });
  if (found == order_.end() || name_of(chunks_[*found].chunk) != wanted) return std::nullopt;
  return *found;
}

const UnitRecord* Directory::find_unit(std::uint64_t unit) const {
  const auto found = std::lower_bound(
      units_.begin(), units_.end(), unit,
      [](const UnitRecord& record, std::uint64_t wanted) { return record.unit < wanted; });
  return found != units_.end() && found->unit == unit ? &*found : nullptr;
}

std::optional<std::uint64_t> Directory::find_key(std::uint64_t unit) const {
  const auto above = std::upper_bound(keys_.begin(), keys_.end(), unit);
  if (above == keys_.begin()) return std::nullopt;
  return *(above - 1);
}

std::uint64_t Directory::unit_count() const {
  std::uint64_t count = units_.empty() ? 0 : units_.back().unit + 1;
  // Shared chunks have the highest unit and come last in order_.
  for (auto place = order_.rbegin(); place != order_.rend(); ++place) {
    const std::uint64_t unit = chunks_[*place].chunk.unit;
    if (unit == HOLO_SHARED_UNIT) continue;
    count = std::max(count, unit + 1);
    break;
  }
  return std::min<std::uint64_t>(count, chunks_.size() + units_.size());
}

bool Directory::same_records(const Directory& other) const {
  const auto same_chunk = [](const ChunkEntry& a, const ChunkEntry& b) {
    return name_of(a.chunk) == name_of(b.chunk) && a.chunk.flags == b.chunk.flags &&
           a.chunk.size == b.chunk.size && a.offset == b.offset;
  };
  const auto same_unit = [](const UnitRecord& a, const UnitRecord& b) {
    return a.unit == b.unit && a.offset == b.offset && a.size == b.size;
  };
  return std::ranges::equal(chunks_, other.chunks_, same_chunk) &&
         std::ranges::equal(units_, other.units_, same_unit);
}

}  // namespace holo::container
