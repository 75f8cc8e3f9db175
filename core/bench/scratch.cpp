// Temporary files through core/base, so that an interrupted run leaves none behind.
#include "core/bench/scratch.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "core/base/temporary_files.hpp"

namespace holo::bench {

Result<std::unique_ptr<AtomicFile>> scratch_file() {
  std::error_code failure;
  const auto folder = std::filesystem::temp_directory_path(failure);
  if (failure) return make_error(HOLO_IO, "no folder for temporary files: " + failure.message());
  return AtomicFile::create((folder / "holohost-bench").string(), true);
}

Result<std::vector<std::uint8_t>> contents(AtomicFile& file) {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(file.size()));
  HOLO_TRY(file.read_at(0, bytes));
  return bytes;
}

Result<ScratchFolder> ScratchFolder::make() {
  HOLO_ASSIGN(std::string pattern, temporary_file_pattern("holohost-bench"));
  if (::mkdtemp(pattern.data()) == nullptr) {
    return make_error(HOLO_IO, "cannot create " + pattern + ": " + std::strerror(errno));
  }
  return ScratchFolder(pattern);
}

ScratchFolder::~ScratchFolder() {
  if (path_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace holo::bench
