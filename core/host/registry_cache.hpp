// What earlier probes found, so that a warm start loads and runs nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>

#include "core/host/registry.hpp"

namespace holo::host {

// A file as it was when it was probed; any difference makes the entry void.
struct FileStamp {
  std::int64_t modified_ns = 0;
  std::uint64_t size = 0;
  std::uint64_t inode = 0;
  bool operator==(const FileStamp&) const = default;
};
std::optional<FileStamp> stamp_of(const std::filesystem::path& path);

class RegistryCache {
 public:
  // A missing, unreadable or damaged file, or one of another host version, is an empty cache.
  explicit RegistryCache(std::filesystem::path file);

  [[nodiscard]] const PluginRecord* find(const std::filesystem::path& path,
                                         const FileStamp& stamp) const;
  void put(const FileStamp& stamp, const PluginRecord& record);
  // Writes the file anew if put() was called; drops entries whose file is gone. A failure costs
  // nothing but the next start's time.
  void save();

 private:
  struct Entry {
    FileStamp stamp;
    PluginRecord record;
  };
  std::filesystem::path file_;
  std::map<std::filesystem::path, Entry> entries_;
  bool changed_ = false;
};

}  // namespace holo::host
