#include "core/lm/part_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace holo::lm {

PartFile::PartFile(std::string path, int file)
    : path_(std::move(path)), part_path_(path_ + ".part"), file_(file) {}

PartFile::~PartFile() { ::close(file_); }

Error PartFile::failed(const std::string& what) const {
  return make_error(HOLO_IO, "'" + part_path_ + "': " + what + ": " + std::strerror(errno));
}

Result<std::unique_ptr<PartFile>> PartFile::open(const std::string& path) {
  constexpr mode_t kMode = 0666;  // less the umask, as any file
  const std::string part = path + ".part";
  const int file =
      ::open(part.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, kMode);
  if (file < 0) {
    return make_error(HOLO_IO, "'" + part + "' cannot be written: " + std::strerror(errno));
  }
  std::unique_ptr<PartFile> made(new PartFile(path, file));
  struct stat facts {};
  if (fstat(file, &facts) != 0 || !S_ISREG(facts.st_mode)) {
    return make_error(HOLO_IO, "'" + part + "' is in the way: expected a regular file");
  }
  made->size_ = static_cast<std::uint64_t>(facts.st_size);
  return made;
}

Status PartFile::clear() {
  if (ftruncate(file_, 0) != 0) return failed("emptying failed");
  size_ = 0;
  return {};
}

Status PartFile::append(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return failed("writing failed");
    size_ += static_cast<std::uint64_t>(count);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Status PartFile::finish() {
  if (fsync(file_) != 0) return failed("syncing failed");
  if (std::rename(part_path_.c_str(), path_.c_str()) != 0) return failed("renaming failed");
  return {};
}

void PartFile::remove() { ::unlink(part_path_.c_str()); }

}  // namespace holo::lm
