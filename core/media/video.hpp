// Timed media through FFmpeg, behind an interface: the implementation is a module of its own
// (libholohost-ffmpeg.so) that is loaded by the first job that touches video, and by no other.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/file.hpp"
#include "core/base/unit.hpp"
#include "core/container/container.hpp"

namespace holo::media {

// A stream that is carried through unchanged: audio, subtitles, attachments, data.
struct CarriedStream {
  std::string kind;      // "audio", "subtitle", "attachment", "data"
  std::string codec;     // FFmpeg's name: "aac", "opus", "subrip"
  std::string language;  // or empty
};

// The frames of the best video stream of a file, in presentation order, and its other streams.
class VideoReader {
 public:
  virtual ~VideoReader() = default;
  // unit_count is 0 if the file does not say; image, time base, rate, colour tags, orientation.
  [[nodiscard]] virtual const StreamInfo& stream() const = 0;
  [[nodiscard]] virtual std::span<const CarriedStream> carried() const = 0;
  // Seconds, 0 if unknown: for progress only.
  [[nodiscard]] virtual double duration_seconds() const = 0;
  // Empty at the end. A damaged frame is CORRUPT with its time; a truncated file is CORRUPT.
  virtual Result<std::optional<UnitBuffer>> next() = 0;
};

// Writes decoded frames for people and tools: .mkv (FFV1, exact), .mp4 (H.264 for players, not
// exact), .y4m (exact, no audio).
class VideoWriter {
 public:
  virtual ~VideoWriter() = default;
  virtual Status push(UnitBuffer& frame) = 0;
  virtual Status finish() = 0;
  // What the target could not hold, one sentence each ("subtitle stream 2 (ass) ... use .mkv").
  [[nodiscard]] virtual std::span<const std::string> warnings() const = 0;
};

// What one build of the module offers. One static instance; no ownership.
class VideoModule {
 public:
  virtual ~VideoModule() = default;
  // `path` "-" reads standard input.
  virtual Result<std::unique_ptr<VideoReader>> open_video(const std::string& path) = 0;
  // `carry_from`: a file (the .holovid, or any) whose audio, subtitles, attachments, chapters and
  // tags go along; empty for none.
  virtual Result<std::unique_ptr<VideoWriter>> create_video(AtomicFile& file,
                                                            std::string_view format,
                                                            const StreamInfo& stream,
                                                            const std::string& carry_from) = 0;
  // The Matroska home of the chunk interface (docs/format.md). Carried streams are interleaved.
  virtual Result<std::unique_ptr<ContainerWriter>> create_matroska(
      AtomicFile& file, const ContainerHeader& header, const std::string& carry_from,
      std::vector<std::string>* warnings) = 0;
  virtual Result<std::unique_ptr<ContainerReader>> open_matroska(const std::string& path) = 0;
  [[nodiscard]] virtual std::string version() const = 0;  // "libavformat 59.27.100"
};

// Loads the module on first use, from beside the executable or the configured libdir. The error
// names the files tried and the package that is missing.
Result<VideoModule*> load_video_module();

// True for the first bytes of a Matroska file.
bool is_matroska(std::span<const std::uint8_t> prefix);

}  // namespace holo::media
