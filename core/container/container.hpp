// One chunk interface with two homes: the .holo file for pictures, tensors and caches, and
// Matroska for timed media.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/file.hpp"
#include "core/base/params.hpp"
#include "core/base/result.hpp"
#include "core/base/unit.hpp"

namespace holo {

// A named piece of metadata that the host carries untouched. Known names: "exif", "icc", "xmp";
// others are kept as they are.
struct Metadata {
  std::string name;
  std::vector<std::uint8_t> bytes;
};

// What every file says about itself, before the first chunk.
struct ContainerHeader {
  std::string format_id;
  std::uint32_t bitstream_version = 1;
  std::string plugin_id;
  std::string plugin_version;
  ParamValues params;  // fully resolved
  StreamInfo stream;
  std::vector<Metadata> metadata;
};

struct ChunkEntry {
  holo_chunk chunk{};
  std::uint64_t offset = 0;  // of the payload in the file
};

// Accepts the chunks of one file in streaming order. Not thread-safe.
class ContainerWriter {
 public:
  virtual ~ContainerWriter() = default;
  // Announces a unit before its first chunk: for tensors name, dtype and shape; for frames pts and
  // duration. Pictures need not be announced.
  virtual Status begin_unit(const UnitInfo& info) = 0;
  // chunk.size equals bytes.size(). A repeated {type, unit, part} is INVALID_ARG.
  virtual Status write(const holo_chunk& chunk, std::span<const std::uint8_t> bytes) = 0;
  // Index and trailer. The caller commits the AtomicFile afterwards.
  virtual Status finish() = 0;
};

// Random access to a file. Everything it returns is checked against the file's size; payloads are
// checked against their CRC-32C when first touched. Thread-safe after open.
class ContainerReader {
 public:
  virtual ~ContainerReader() = default;
  [[nodiscard]] virtual const ContainerHeader& header() const = 0;
  [[nodiscard]] virtual std::string container_name() const = 0;  // "holo" or "matroska"
  [[nodiscard]] virtual std::uint32_t container_version() const = 0;
  // False if the tail was missing or damaged and the chunks were found by scanning.
  [[nodiscard]] virtual bool intact() const = 0;
  virtual Result<UnitInfo> unit_info(std::uint64_t unit) = 0;
  virtual Result<ChunkEntry> find(std::uint32_t type, std::uint64_t unit, std::uint32_t part) = 0;
  virtual Result<std::uint64_t> find_key(std::uint64_t unit) = 0;
  virtual Status read(const holo_chunk& chunk, std::uint64_t offset,
                      std::span<std::uint8_t> out) = 0;
  // Every chunk, in file order. May have to walk the whole file (Matroska).
  virtual Result<std::vector<ChunkEntry>> chunks() = 0;
  // Reads every payload and checks it; the error names the first bad chunk.
  virtual Status verify() = 0;
  // FRAME only: the unit shown at `seconds` after the start.
  virtual Result<std::uint64_t> unit_at(double seconds) = 0;
  [[nodiscard]] virtual std::uint64_t bytes_read() const = 0;
};

// ---- the .holo home (docs/format.md) ------------------------------------------------------------
// Writes through `file`, which must outlive the writer.
Result<std::unique_ptr<ContainerWriter>> create_holo_file(AtomicFile& file,
                                                          const ContainerHeader& header);
Result<std::unique_ptr<ContainerReader>> open_holo_file(std::unique_ptr<ByteReader> reader);
// True if the first bytes are those of a .holo file.
[[nodiscard]] bool is_holo_file(std::span<const std::uint8_t> prefix);

}  // namespace holo
