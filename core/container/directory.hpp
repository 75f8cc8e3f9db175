// Where the records of a .holo file lie: read from its index, or by walking over the records.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/base/file.hpp"
#include "core/base/result.hpp"
#include "core/container/container.hpp"
#include "core/container/record.hpp"

namespace holo::container {

struct UnitRecord {
  std::uint64_t unit = 0;
  std::uint64_t offset = 0;  // of the description in the file
  std::uint64_t size = 0;
};

// What the records say, before any payload is read. Every payload and the checksum behind it lie
// inside the file.
class Directory {
 public:
  // Reads the footer and the index, or else walks. Only a failing reader is an error.
  static Result<Directory> open(ByteReader& reader, std::uint64_t first_record);
  // Walks from record to record, reading their headers only, as far as they make sense.
  static Result<Directory> walk(ByteReader& reader, std::uint64_t first_record);

  // The file ends as it should, and no name occurs twice.
  [[nodiscard]] bool intact() const { return intact_; }
  [[nodiscard]] std::span<const ChunkEntry> chunks() const { return chunks_; }  // in file order
  [[nodiscard]] std::span<const UnitRecord> units() const { return units_; }    // by unit
  // Place in chunks().
  [[nodiscard]] std::optional<std::size_t> find(std::uint32_t type, std::uint64_t unit,
                                                std::uint32_t part) const;
  [[nodiscard]] const UnitRecord* find_unit(std::uint64_t unit) const;
  // The last unit <= `unit` with a key chunk.
  [[nodiscard]] std::optional<std::uint64_t> find_key(std::uint64_t unit) const;
  // One more than the highest unit, at most the number of records.
  [[nodiscard]] std::uint64_t unit_count() const;
  [[nodiscard]] bool same_records(const Directory& other) const;

 private:
  static Result<std::optional<Directory>> from_index(ByteReader& reader,
                                                     std::uint64_t first_record);
  // Takes a record whose header ends at `position`; moves `position` past the record. False if it
  // does not fit below `limit`.
  bool add(const Record& record, std::uint64_t limit, std::uint64_t& position);
  void sort();

  bool intact_ = false;
  std::vector<ChunkEntry> chunks_;
  std::vector<std::size_t> order_;  // places in chunks_, by unit, type, part
  std::vector<UnitRecord> units_;
  std::vector<std::uint64_t> keys_;  // units with a key chunk, ascending
};

}  // namespace holo::container
