// Lets libavformat read from a ByteReader and write to an AtomicFile, so that counting, whole-or-
// nothing and the text of errors stay in one place.
#pragma once

#include <memory>
#include <optional>

#include "core/base/file.hpp"
#include "core/media/ffmpeg/av.hpp"

namespace holo::media {

struct AvioDelete {
  void operator()(AVIOContext* context) const {
    av_freep(&context->buffer);
    avio_context_free(&context);
  }
};
using AvioPtr = std::unique_ptr<AVIOContext, AvioDelete>;

// An opened file for demuxing. Demuxers may not open anything else: a playlist that names other
// files or addresses is refused.
class InputFile {
 public:
  // Opens and probes `path`. `buffer` is how much is read at a time; `format` forces a demuxer.
  static Result<std::unique_ptr<InputFile>> open(const std::string& path, int buffer,
                                                 const char* format = nullptr);
  static Result<std::unique_ptr<InputFile>> open(std::unique_ptr<ByteReader> reader, int buffer,
                                                 const char* format = nullptr);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  [[nodiscard]] AVFormatContext* context() const { return context_; }
  [[nodiscard]] ByteReader& reader() const { return *reader_; }
  [[nodiscard]] Talk& talk() { return talk_; }
  // Why reading failed underneath libavformat, if it did.
  [[nodiscard]] const std::optional<Error>& read_error() const { return read_error_; }
  // The next packet of any stream; false at the end of what can be read.
  Result<bool> read(AVPacket& packet);

 private:
  InputFile() = default;
  static int read_packet(void* self, std::uint8_t* data, int size);
  static std::int64_t seek(void* self, std::int64_t offset, int whence);

  Talk talk_;
  std::unique_ptr<ByteReader> reader_;
  std::uint64_t position_ = 0;
  std::optional<Error> read_error_;
  AvioPtr io_;
  AVFormatContext* context_ = nullptr;
};

// A file being muxed. A target without a temporary file (a device, a pipe) is written straight on
// and cannot be gone back in.
class OutputFile {
 public:
  explicit OutputFile(AtomicFile& file);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  [[nodiscard]] AVIOContext* io() const { return io_.get(); }
  [[nodiscard]] bool seekable() const { return seekable_; }
  [[nodiscard]] const std::optional<Error>& write_error() const { return write_error_; }
  // For AVFormatContext::io_open: a second context that reads what was written.
  AVIOContext* open_for_reading();
  static void close_reading(AVIOContext* context);

 private:
  static int write_packet(void* self, std::uint8_t* data, int size);
  static std::int64_t seek(void* self, std::int64_t offset, int whence);
  Status put(std::span<const std::uint8_t> bytes);

  AtomicFile& file_;
  bool seekable_;
  std::uint64_t position_ = 0;
  std::optional<Error> write_error_;
  AvioPtr io_;
};

// Index of the stream that carries the frames, or -1: ours if there is one, else the best video
// stream that is not a cover picture.
int find_video_stream(AVFormatContext* context);
// The mark of a holovid track in Matroska.
inline constexpr std::uint32_t kHolovidTag = MKTAG('H', 'V', 'I', 'D');
[[nodiscard]] bool is_holovid_stream(const AVStream& stream);

}  // namespace holo::media
