// Readers over files, standard input and memory.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "core/base/file.hpp"

namespace holo {

namespace {

Error io_error(const std::string& what, int number) {
  return make_error(HOLO_IO, what + ": " + std::strerror(number));
}

class FileReader final : public ByteReader {
 public:
  FileReader(int descriptor, std::string path, std::uint64_t size)
      : descriptor_(descriptor), path_(std::move(path)), size_(size) {}
  ~FileReader() override { ::close(descriptor_); }
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;

  [[nodiscard]] std::uint64_t size() const override { return size_; }
  [[nodiscard]] std::uint64_t bytes_read() const override { return bytes_read_; }

  Status read_at(std::uint64_t offset, std::span<std::uint8_t> out) override {
    if (offset > size_ || out.size() > size_ - offset) {
      return make_error(HOLO_CORRUPT, path_ + ": expected " + std::to_string(out.size()) +
                                          " bytes at offset " + std::to_string(offset) +
                                          ", the file has " + std::to_string(size_));
    }
    std::size_t done = 0;
    while (done < out.size()) {
      const ssize_t got = ::pread(descriptor_, out.data() + done, out.size() - done,
                                  static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return io_error("cannot read " + path_, errno);
      if (got == 0) return make_error(HOLO_IO, path_ + ": the file shrank while it was read");
      done += static_cast<std::size_t>(got);
    }
    bytes_read_ += out.size();
    return {};
  }

 private:
  int descriptor_;
  std::string path_;
  std::uint64_t size_;
  std::atomic<std::uint64_t> bytes_read_ = 0;
};

class MemoryReader final : public ByteReader {
 public:
  explicit MemoryReader(std::vector<std::uint8_t> bytes) : bytes_(std::move(bytes)) {}

  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
  [[nodiscard]] std::uint64_t bytes_read() const override { return bytes_read_; }

  Status read_at(std::uint64_t offset, std::span<std::uint8_t> out) override {
    if (offset > bytes_.size() || out.size() > bytes_.size() - offset) {
      return make_error(HOLO_CORRUPT, "expected " + std::to_string(out.size()) +
                                          " bytes at offset " + std::to_string(offset) +
                                          ", the data have " + std::to_string(bytes_.size()));
    }
    if (!out.empty()) std::memcpy(out.data(), bytes_.data() + offset, out.size());
    bytes_read_ += out.size();
    return {};
  }

 private:
  std::vector<std::uint8_t> bytes_;
  std::atomic<std::uint64_t> bytes_read_ = 0;
};

Result<std::unique_ptr<ByteReader>> read_standard_input(std::uint64_t limit) {
  constexpr std::size_t kBlock = 1 << 16;
  std::vector<std::uint8_t> bytes;
  std::size_t used = 0;
  for (;;) {
    if (bytes.size() - used < kBlock) bytes.resize(std::max(2 * bytes.size(), used + kBlock));
    const ssize_t got = ::read(STDIN_FILENO, bytes.data() + used, bytes.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error("cannot read standard input", errno);
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
    if (used > limit) {
      return make_error(HOLO_NO_MEMORY, "standard input is larger than the limit of " +
                                            std::to_string(limit) + " bytes; use a file");
    }
  }
  if (used == 0) return make_error(HOLO_IO, "standard input is empty");
  bytes.resize(used);
  return memory_reader(std::move(bytes));
}

}  // namespace

std::unique_ptr<ByteReader> memory_reader(std::vector<std::uint8_t> bytes) {
  return std::make_unique<MemoryReader>(std::move(bytes));
}

Result<std::unique_ptr<ByteReader>> open_reader(const std::string& path,
                                                std::uint64_t stdin_limit) {
  if (path == "-") return read_standard_input(stdin_limit);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return io_error("cannot open " + path, errno);
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) {
    const int number = errno;
    ::close(descriptor);
    return io_error("cannot read " + path, number);
  }
  auto reader =
      std::make_unique<FileReader>(descriptor, path, static_cast<std::uint64_t>(status.st_size));
  if (S_ISDIR(status.st_mode)) {
    return make_error(HOLO_IO, path + " is a directory, expected a file");
  }
  if (!S_ISREG(status.st_mode)) {
    return make_error(HOLO_IO, path + " is not a regular file; to read a pipe, use '-'");
  }
  if (status.st_size == 0) return make_error(HOLO_IO, path + " is empty");
  return std::unique_ptr<ByteReader>(std::move(reader));
}

Result<std::vector<std::uint8_t>> read_all(ByteReader& reader, std::uint64_t limit) {
  if (reader.size() > limit) {
    return make_error(HOLO_NO_MEMORY, "the file has " + std::to_string(reader.size()) +
                                          " bytes, the limit is " + std::to_string(limit));
  }
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(reader.size()));
  HOLO_TRY(reader.read_at(0, bytes));
  return bytes;
}

}  // namespace holo
