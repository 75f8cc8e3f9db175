// Store: chunks in memory, as a sink to write and a source to read, strict about the contract.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <holo/abi/host.h>

#include "sdk/check/media.hpp"
#include "sdk/check/values.hpp"

namespace holo_check {

struct ChunkKey {
  std::uint32_t type = 0;
  std::uint64_t unit = 0;
  std::uint32_t part = 0;
  bool operator<(const ChunkKey& o) const {
    return std::tie(type, unit, part) < std::tie(o.type, o.unit, o.part);
  }
  bool operator==(const ChunkKey& o) const = default;
};
std::string chunk_word(const ChunkKey& key);

struct StoredChunk {
  std::uint32_t flags = 0;
  std::vector<std::uint8_t> bytes;
  bool operator==(const StoredChunk& o) const = default;
};

struct StoredUnit {
  std::int32_t kind = 0;
  std::int64_t pts = 0, duration = 0;
  std::string name;
  DLDataType dtype{};
  std::vector<std::int64_t> shape;
};

// What a file holds. Copyable, so that a test can damage a copy.
struct Store {
  std::map<ChunkKey, StoredChunk> chunks;
  std::vector<ChunkKey> order;  // of writing
  std::vector<StoredUnit> units;
  holo_stream stream{};  // image replaced by `image`
  holo_image image{};
  bool has_image = false;
  Values params;  // of the encoder
  std::uint32_t bitstream_version = 1;

  std::uint64_t budget = UINT64_MAX;  // of payload bytes
  std::uint64_t bytes_written = 0;
  std::vector<std::string> violations;
  bool same_bytes(const Store& other) const {
    return chunks == other.chunks && order == other.order;
  }
};

// Views of a store for the boundary. They borrow it.
class StoreSink {
 public:
  explicit StoreSink(Store& store);
  [[nodiscard]] const holo_sink* table() const { return &table_; }

 private:
  holo_sink table_{};
};
class StoreSource {
 public:
  explicit StoreSource(const Store& store);
  [[nodiscard]] const holo_source* table() const { return &table_; }

 private:
  holo_source table_{};
  holo_stream stream_{};
  ParamView params_;
};

}  // namespace holo_check
