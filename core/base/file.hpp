// Files: reading with a count of the bytes read, and writing whole or not at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace holo {

// Random access to the bytes of a file, or of memory. Thread-safe.
class ByteReader {
 public:
  virtual ~ByteReader() = default;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  // Exactly out.size() bytes from offset, or an error; never a short read.
  virtual Status read_at(std::uint64_t offset, std::span<std::uint8_t> out) = 0;
  // Bytes handed out so far: the evidence that a render touches only what it needs.
  [[nodiscard]] virtual std::uint64_t bytes_read() const = 0;
};

// Opens a regular file. "-" reads standard input to its end into memory, at most `stdin_limit`.
// A missing file, a directory, an empty file: IO, with what was expected.
Result<std::unique_ptr<ByteReader>> open_reader(const std::string& path,
                                                std::uint64_t stdin_limit = std::uint64_t{8} << 30);
std::unique_ptr<ByteReader> memory_reader(std::vector<std::uint8_t> bytes);
// The whole of a reader; NO_MEMORY past limit.
Result<std::vector<std::uint8_t>> read_all(ByteReader& reader, std::uint64_t limit);

// A file that appears whole or not at all: written under a temporary name beside the target, then
// synced and renamed by commit(). Destroyed without commit, it leaves nothing. "-" collects in a
// temporary file and is copied to standard output by commit(). A character device such as
// /dev/null is written straight.
class AtomicFile {
 public:
  // Refuses an existing target unless `overwrite`; refuses a directory.
  static Result<std::unique_ptr<AtomicFile>> create(const std::string& path, bool overwrite);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  Status write(std::span<const std::uint8_t> bytes);                           // at the end
  Status write_at(std::uint64_t offset, std::span<const std::uint8_t> bytes);  // below the end
  Status read_at(std::uint64_t offset, std::span<std::uint8_t> out);           // what was written
  [[nodiscard]] std::uint64_t size() const;
  Status commit();
  // For libraries that write by name; nothing else may write then.
  [[nodiscard]] const std::filesystem::path& temporary_path() const;

 private:
  AtomicFile() = default;
  struct State;
  std::unique_ptr<State> state_;
};

// Removes the temporary files of every AtomicFile alive; async-signal-safe, for a second Ctrl-C.
void remove_temporary_files() noexcept;

}  // namespace holo
