// What the tests of this room share: a temporary folder, an environment of their own.
#pragma once

#include <unistd.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace holo::host::testing {

namespace fs = std::filesystem;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "holohost-test-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

inline std::vector<std::uint8_t> read_bytes(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline void write_bytes(const fs::path& path, const std::vector<std::uint8_t>& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

inline fs::path test_plugin(const std::string& name) {
  return fs::path(HOLO_TEST_PLUGIN_DIRECTORY) / ("test-" + name + ".holo.so");
}

// Keeps the user's own plugins and cache out of a test, and the test's out of the user's.
class CleanEnvironment {
 public:
  explicit CleanEnvironment(const fs::path& home) {
    ::setenv("XDG_CACHE_HOME", (home / "cache").c_str(), 1);
    ::setenv("XDG_DATA_HOME", (home / "data").c_str(), 1);
    ::setenv("HOLOHOST_PLUGIN_SYSTEM_PATH", "", 1);
    ::unsetenv("HOLOHOST_PLUGIN_PATH");
    ::unsetenv("HOLOHOST_DISABLE");
  }
};

}  // namespace holo::host::testing
