// Files that never get a name of their own, and a folder that goes with its object.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/file.hpp"

namespace holo::bench {

// A file among the system's temporary ones; gone with the object.
Result<std::unique_ptr<AtomicFile>> scratch_file();
Result<std::vector<std::uint8_t>> contents(AtomicFile& file);

// A folder among the system's temporary ones, removed with all that is in it.
class ScratchFolder {
 public:
  static Result<ScratchFolder> make();
  ~ScratchFolder();
  ScratchFolder(ScratchFolder&& other) noexcept : path_(std::move(other.path_)) {
    other.path_.clear();
  }
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit ScratchFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace holo::bench
