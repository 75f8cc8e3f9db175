#include "core/lm/mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace holo::lm {
namespace {

Error failed(holo_status code, const std::string& path, const std::string& what) {
  return make_error(code, "'" + path + "' cannot be read: " + what);
}

}  // namespace

Result<std::unique_ptr<MappedFile>> MappedFile::open(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) {
    return failed(errno == ENOENT ? HOLO_NOT_FOUND : HOLO_IO, path, std::strerror(errno));
  }
  struct stat facts {};
  const bool known = fstat(file, &facts) == 0;
  if (!known || !S_ISREG(facts.st_mode) || facts.st_size == 0) {
    ::close(file);
    return failed(HOLO_IO, path, "expected a file with something in it");
  }
  const auto size = static_cast<std::size_t>(facts.st_size);
  void* const begin = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  const int error = errno;
  ::close(file);
  if (begin == MAP_FAILED) {
    return failed(HOLO_IO, path, "mapping it failed: " + std::string(std::strerror(error)));
  }
  return std::unique_ptr<MappedFile>(
      new MappedFile({static_cast<const std::uint8_t*>(begin), size}));
}

MappedFile::~MappedFile() { munmap(const_cast<std::uint8_t*>(bytes_.data()), bytes_.size()); }

Status MappedFile::read_at(std::uint64_t offset, std::span<std::uint8_t> out) {
  if (offset > bytes_.size() || out.size() > bytes_.size() - offset) {
    return make_error(HOLO_CORRUPT, "expected " + std::to_string(out.size()) + " bytes at " +
                                        std::to_string(offset) + ", the file has " +
                                        std::to_string(bytes_.size()));
  }
  if (!out.empty()) std::memcpy(out.data(), bytes_.data() + offset, out.size());
  read_ += out.size();
  return {};
}

}  // namespace holo::lm
