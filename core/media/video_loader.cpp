// Finds libholohost-ffmpeg.so and keeps it for the life of the process.
#include <dlfcn.h>

#include <filesystem>
#include <mutex>

#include "core/media/video.hpp"

namespace holo::media {

namespace {

constexpr const char* kFile = "libholohost-ffmpeg.so";
constexpr const char* kEntry = "holo_video_module";

// Beside the executable's folder first, so that a build tree and a moved installation find their
// own, then where this build is configured to be installed.
std::vector<std::filesystem::path> candidates() {
  std::vector<std::filesystem::path> list;
  std::error_code failure;
  const auto executable = std::filesystem::read_symlink("/proc/self/exe", failure);
  if (!failure) {
    list.push_back(executable.parent_path().parent_path() / "lib" / "holohost" / kFile);
  }
  list.push_back(std::filesystem::path(HOLO_MODULE_INSTALL_DIRECTORY) / kFile);
  return list;
}

Result<VideoModule*> load() {
  std::string tried;
  for (const auto& path : candidates()) {
    std::error_code failure;
    if (!std::filesystem::exists(path, failure)) {
      tried += (tried.empty() ? "" : "; ") + path.string() + " (no such file)";
      continue;
    }
    // Never unloaded: FFmpeg keeps threads and tables of its own.
    void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    void* entry = library != nullptr ? ::dlsym(library, kEntry) : nullptr;
    if (entry != nullptr) return reinterpret_cast<VideoModule* (*)()>(entry)();
    const char* why = ::dlerror();
    tried += (tried.empty() ? "" : "; ") + std::string(why != nullptr ? why : path.c_str());
  }
  return make_error(HOLO_NOT_FOUND,
                    "video needs " + std::string(kFile) +
                        ", which could not be loaded. Tried: " + tried +
                        ". It belongs to the installation of holohost and needs FFmpeg's "
                        "libraries (on Debian: apt install libavformat59 libswscale6)");
}

}  // namespace

Result<VideoModule*> load_video_module() {
  static std::mutex mutex;
  static VideoModule* module = nullptr;
  const std::lock_guard lock(mutex);
  if (module == nullptr) {
    HOLO_ASSIGN(module, load());
  }
  return module;
}

bool is_matroska(std::span<const std::uint8_t> prefix) {
  return prefix.size() >= 4 && prefix[0] == 0x1A && prefix[1] == 0x45 && prefix[2] == 0xDF &&
         prefix[3] == 0xA3;
}

}  // namespace holo::media
