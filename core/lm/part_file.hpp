// A file in the making that outlives the process: PATH.part, renamed to PATH when it is whole.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "core/base/result.hpp"

namespace holo::lm {

class PartFile {
 public:
  // Opens what is there, to go on with, or makes an empty one.
  static Result<std::unique_ptr<PartFile>> open(const std::string& path);
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  [[nodiscard]] const std::string& part_path() const { return part_path_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  Status clear();
  Status append(std::span<const std::uint8_t> bytes);
  Status finish();  // syncs and renames
  void remove();    // nothing stays

 private:
  PartFile(std::string path, int file);
  [[nodiscard]] Error failed(const std::string& what) const;

  std::string path_;
  std::string part_path_;
  int file_;
  std::uint64_t size_ = 0;
};

}  // namespace holo::lm
