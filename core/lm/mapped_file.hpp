// A file mapped into memory, read-only. Another process that cuts the file while it is mapped makes
// reads of the missing part fail with SIGBUS: model files are not to change under a running host.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "core/base/file.hpp"

namespace holo::lm {

class MappedFile : public ByteReader {
 public:
  // NOT_FOUND without the file, IO if it is empty or no regular file.
  static Result<std::unique_ptr<MappedFile>> open(const std::string& path);
  ~MappedFile() override;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return bytes_; }
  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
  Status read_at(std::uint64_t offset, std::span<std::uint8_t> out) override;
  // Counts read_at only; who reads the mapping is not seen.
  [[nodiscard]] std::uint64_t bytes_read() const override { return read_; }

 private:
  explicit MappedFile(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  std::span<const std::uint8_t> bytes_;
  std::atomic<std::uint64_t> read_{0};
};

}  // namespace holo::lm
