// Finds libholohost-ffmpeg.so and keeps it for the life of the process.
#include <mutex>

#include "core/base/module.hpp"
#include "core/media/video.hpp"

namespace holo::media {

namespace {

constexpr ModuleInfo kModule = {"libholohost-ffmpeg.so", "holo_video_module", "video needs",
                                "It belongs to the installation of holohost and needs FFmpeg's "
                                "libraries (on Debian: apt install "
                                "libavformat59 libswscale6)"};

}  // namespace

Result<VideoModule*> load_video_module() {
  static std::mutex mutex;
  static VideoModule* module = nullptr;
  const std::lock_guard lock(mutex);
  if (module == nullptr) {
    HOLO_ASSIGN(void* const entry, load_module(kModule));
    module = reinterpret_cast<VideoModule* (*)()>(entry)();
  }
  return module;
}

bool is_matroska(std::span<const std::uint8_t> prefix) {
  return prefix.size() >= 4 && prefix[0] == 0x1A && prefix[1] == 0x45 && prefix[2] == 0xDF &&
         prefix[3] == 0xA3;
}

}  // namespace holo::media
