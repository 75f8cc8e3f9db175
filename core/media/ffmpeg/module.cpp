// The one function that the module exports, and the table behind it.
#include <holo/abi/base.h>

#include "core/media/ffmpeg/av.hpp"
#include "core/media/ffmpeg/matroska.hpp"
#include "core/media/ffmpeg/video_reader.hpp"
#include "core/media/ffmpeg/video_writer.hpp"
#include "core/media/video.hpp"

namespace holo::media {

namespace {

// Lets no exception out of the module: there are none but for want of memory.
template <class T, class Call>
Result<T> guarded(Call call) {
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return make_error(HOLO_NO_MEMORY, "no memory for video");
  } catch (const std::exception& failure) {
    return make_error(HOLO_INTERNAL, std::string("the video module failed: ") + failure.what());
  }
}

class FfmpegModule final : public VideoModule {
 public:
  Result<std::unique_ptr<VideoReader>> open_video(const std::string& path) override {
    return guarded<std::unique_ptr<VideoReader>>([&] { return open_video_file(path); });
  }
  Result<std::unique_ptr<VideoWriter>> create_video(AtomicFile& file, std::string_view format,
                                                    const StreamInfo& stream,
                                                    const std::string& carry_from) override {
    return guarded<std::unique_ptr<VideoWriter>>(
        [&] { return create_video_file(file, format, stream, carry_from); });
  }
  Result<std::unique_ptr<ContainerWriter>> create_matroska(
      AtomicFile& file, const ContainerHeader& header, const std::string& carry_from,
      std::vector<std::string>* warnings) override {
    return guarded<std::unique_ptr<ContainerWriter>>(
        [&] { return create_matroska_file(file, header, carry_from, warnings); });
  }
  Result<std::unique_ptr<ContainerReader>> open_matroska(const std::string& path) override {
    return guarded<std::unique_ptr<ContainerReader>>([&] { return open_matroska_file(path); });
  }
  [[nodiscard]] std::string version() const override {
    const unsigned number = avformat_version();
    return "libavformat " + std::to_string(AV_VERSION_MAJOR(number)) + "." +
           std::to_string(AV_VERSION_MINOR(number)) + "." +
           std::to_string(AV_VERSION_MICRO(number));
  }
};

}  // namespace

}  // namespace holo::media

extern "C" HOLO_EXPORT holo::media::VideoModule* holo_video_module() {
  static holo::media::FfmpegModule module;
  return &module;
}
