// Writes a .holo file in one pass: header, records as they come, then an index where it pays.
#include <algorithm>
#include <string>
#include <unordered_set>

#include "core/container/container.hpp"
#include "core/container/crc32c.hpp"
#include "core/container/format_version.hpp"
#include "core/container/header.hpp"
#include "core/container/holo_file.hpp"
#include "core/container/record.hpp"

namespace holo {
namespace {

using container::ByteWriter;
using container::Record;

constexpr std::size_t kBufferBytes = std::size_t{1} << 16;
// An index is left out while a reader can as well walk over the records: no more than 16 of them,
// and the index would be more than a thousandth of the file.
constexpr std::uint64_t kFewRecords = 16;
constexpr std::uint64_t kIndexShare = 1000;

struct ChunkKey {
  std::uint64_t unit;
  std::uint32_t type;
  std::uint32_t part;
  bool operator==(const ChunkKey&) const = default;
};

struct ChunkKeyHash {
  std::size_t operator()(const ChunkKey& key) const {
    std::uint64_t mixed = key.unit * 0x9E3779B97F4A7C15u;
    mixed ^= (std::uint64_t{key.type} << 32 | key.part) * 0xC2B2AE3D27D4EB4Fu;
    return static_cast<std::size_t>(mixed ^ (mixed >> 29));
  }
};

Error refuse(std::string message) { return make_error(HOLO_INVALID_ARG, std::move(message)); }

class HoloWriter final : public ContainerWriter {
 public:
  HoloWriter(AtomicFile& file, std::int32_t kind) : file_(file), kind_(kind) {}

  Status start(std::span<const std::uint8_t> header) {
    std::vector<std::uint8_t> bytes;
    ByteWriter out(bytes);
    out.bytes(container::kMagic);
    out.u8(container::kContainerVersion);
    out.varint(header.size());
    out.bytes(header);
    out.u32(container::crc32c(bytes));
    return append(bytes);
  }

  Status begin_unit(const UnitInfo& info) override {
    if (finished_) return refuse("a unit was announced after the end of the file");
    if (info.kind != kind_ || info.index == HOLO_SHARED_UNIT) {
      return refuse("unit " + std::to_string(info.index) + " is of kind " +
                    std::to_string(info.kind) + ", the file holds kind " + std::to_string(kind_));
    }
    if (kind_ == HOLO_PICTURE) return {};  // the header has said it all
    HOLO_ASSIGN(const std::vector<std::uint8_t> bytes, container::serialize_unit(info));
    if (!announced_.insert(info.index).second) {
      return refuse("unit " + std::to_string(info.index) + " was announced twice");
    }
    Record record{Record::Kind::kUnit, {}};
    record.chunk.unit = info.index;
    record.chunk.size = bytes.size();
    const std::size_t before = index_.size();
    ByteWriter out(index_);
    container::write_unit_header(out, info.index, bytes.size(), context_);
    return append_record(before, record, bytes);
  }

  Status write(const holo_chunk& chunk, std::span<const std::uint8_t> bytes) override {
    if (finished_) return refuse("a chunk was written after the end of the file");
    if (!container::is_chunk_type(chunk.type) || chunk.size != bytes.size()) {
      return refuse("chunk " + container::chunk_name(chunk) +
                    ": expected a type of four letters or digits and the size of the payload, " +
                    std::to_string(bytes.size()) + " bytes, found " + std::to_string(chunk.size));
    }
    const bool described =
        kind_ == HOLO_PICTURE || chunk.unit == HOLO_SHARED_UNIT || announced_.contains(chunk.unit);
    if (!described) {
      return refuse("chunk " + container::chunk_name(chunk) +
                    ": its unit was not announced; call begin_unit first");
    }
    if (!keys_.insert({chunk.unit, chunk.type, chunk.part}).second) {
      return refuse("chunk " + container::chunk_name(chunk) + " was written before");
    }
    const std::size_t before = index_.size();
    ByteWriter out(index_);
    container::write_chunk_header(out, chunk, context_);
    return append_record(before, {Record::Kind::kChunk, chunk}, bytes);
  }

  Status finish() override {
    if (finished_) return refuse("the file was finished twice");
    finished_ = true;
    std::vector<std::uint8_t> tail;
    ByteWriter out(tail);
    const std::uint64_t cost = index_.size() + container::kFooterBytes;
    if (records_ <= kFewRecords && cost > position_ / kIndexShare) {
      out.u8(container::kEndRecord);
      out.u8(container::fold(container::crc32c(index_)));
    } else {
      out.u8(container::kIndexRecord);
      out.bytes(index_);
      out.u64(index_.size());
      out.u32(container::crc32c(tail));
      out.bytes(container::kFooterMagic);
    }
    HOLO_TRY(append(tail));
    return flush();
  }

 private:
  // The record's header is what index_ has gained since `before`.
  Status append_record(std::size_t before, const Record& record,
                       std::span<const std::uint8_t> payload) {
    ++records_;
    HOLO_TRY(append(std::span(index_).subspan(before)));
    HOLO_TRY(append(payload));
    std::vector<std::uint8_t> checksum;
    ByteWriter(checksum).u32(container::crc32c(payload, container::record_seed(record)));
    return append(checksum);
  }

  // Gathers small pieces, so that a small chunk does not cost three system calls.
  Status append(std::span<const std::uint8_t> bytes) {
    position_ += bytes.size();
    if (buffer_.size() + bytes.size() > kBufferBytes) HOLO_TRY(flush());
    if (bytes.size() > kBufferBytes) return file_.write(bytes);
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    return {};
  }

  Status flush() {
    if (buffer_.empty()) return {};
    HOLO_TRY(file_.write(buffer_));
    buffer_.clear();
    return {};
  }

  AtomicFile& file_;
  std::int32_t kind_;
  bool finished_ = false;
  std::uint64_t position_ = 0;
  std::uint64_t records_ = 0;
  container::RecordContext context_;
  std::vector<std::uint8_t> index_;  // every record header so far
  std::vector<std::uint8_t> buffer_;
  std::unordered_set<std::uint64_t> announced_;
  std::unordered_set<ChunkKey, ChunkKeyHash> keys_;
};

}  // namespace

Result<std::unique_ptr<ContainerWriter>> create_holo_file(AtomicFile& file,
                                                          const ContainerHeader& header) {
  if (file.size() != 0) return refuse("a .holo file must start at the first byte of its file");
  HOLO_ASSIGN(const std::vector<std::uint8_t> bytes, container::serialize_header(header));
  auto writer = std::make_unique<HoloWriter>(file, header.stream.kind);
  HOLO_TRY(writer->start(bytes));
  return std::unique_ptr<ContainerWriter>(std::move(writer));
}

bool is_holo_file(std::span<const std::uint8_t> prefix) {
  return prefix.size() >= container::kMagic.size() &&
         std::equal(container::kMagic.begin(), container::kMagic.end(), prefix.begin());
}

}  // namespace holo
