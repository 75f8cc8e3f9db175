// The callbacks between libavformat and this house's files.
#include "core/media/ffmpeg/file_io.hpp"

#include <algorithm>
#include <cstring>

namespace holo::media {

namespace {

constexpr int kWriteBuffer = 1 << 16;

// Where a seek leads, or a negative error. AVSEEK_SIZE is the caller's to answer first.
std::int64_t seek_target(std::int64_t offset, int whence, std::uint64_t position,
                         std::uint64_t size) {
  std::int64_t base = 0;
  if ((whence & ~AVSEEK_FORCE) == SEEK_CUR) base = static_cast<std::int64_t>(position);
  if ((whence & ~AVSEEK_FORCE) == SEEK_END) base = static_cast<std::int64_t>(size);
  std::int64_t target = 0;
  if (__builtin_add_overflow(base, offset, &target) || target < 0) return AVERROR(EINVAL);
  return target;
}

int refuse_to_open(AVFormatContext* context, AVIOContext**, const char* url, int, AVDictionary**) {
  av_log(context, AV_LOG_ERROR, "the file refers to another file or address, '%s'\n", url);
  return AVERROR(EPERM);
}

// What a second context over an AtomicFile needs to know.
struct ReadBack {
  AtomicFile& file;
  std::uint64_t position = 0;
};

int read_back(void* opaque, std::uint8_t* data, int size) {
  auto& source = *static_cast<ReadBack*>(opaque);
  if (source.position >= source.file.size()) return AVERROR_EOF;
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(
      static_cast<std::uint64_t>(size), source.file.size() - source.position));
  if (!source.file.read_at(source.position, {data, count})) return AVERROR(EIO);
  source.position += count;
  return static_cast<int>(count);
}

std::int64_t seek_back(void* opaque, std::int64_t offset, int whence) {
  auto& source = *static_cast<ReadBack*>(opaque);
  if ((whence & AVSEEK_SIZE) != 0) return static_cast<std::int64_t>(source.file.size());
  const std::int64_t target = seek_target(offset, whence, source.position, source.file.size());
  if (target >= 0) source.position = static_cast<std::uint64_t>(target);
  return target;
}

}  // namespace

int InputFile::read_packet(void* self, std::uint8_t* data, int size) {
  auto& file = *static_cast<InputFile*>(self);
  const std::uint64_t end = file.reader_->size();
  if (file.position_ >= end) return AVERROR_EOF;
  const auto count = static_cast<std::size_t>(
      std::min<std::uint64_t>(static_cast<std::uint64_t>(size), end - file.position_));
  Status read = file.reader_->read_at(file.position_, {data, count});
  if (!read) {
    file.read_error_ = std::move(read).error();
    return AVERROR(EIO);
  }
  file.position_ += count;
  return static_cast<int>(count);
}

std::int64_t InputFile::seek(void* self, std::int64_t offset, int whence) {
  auto& file = *static_cast<InputFile*>(self);
  if ((whence & AVSEEK_SIZE) != 0) return static_cast<std::int64_t>(file.reader_->size());
  const std::int64_t target = seek_target(offset, whence, file.position_, file.reader_->size());
  if (target >= 0) file.position_ = static_cast<std::uint64_t>(target);
  return target;
}

Result<std::unique_ptr<InputFile>> InputFile::open(const std::string& path, int buffer,
                                                   const char* format) {
  HOLO_ASSIGN(auto reader, open_reader(path));
  return open(std::move(reader), buffer, format);
}

Result<std::unique_ptr<InputFile>> InputFile::open(std::unique_ptr<ByteReader> reader, int buffer,
                                                   const char* format) {
  std::unique_ptr<InputFile> file(new InputFile);
  file->reader_ = std::move(reader);
  auto* memory = static_cast<std::uint8_t*>(av_malloc(static_cast<std::size_t>(buffer)));
  if (memory == nullptr) return make_error(HOLO_NO_MEMORY, "no memory to read a video file");
  file->io_.reset(avio_alloc_context(memory, buffer, 0, file.get(), read_packet, nullptr, seek));
  if (!file->io_) {
    av_free(memory);
    return make_error(HOLO_NO_MEMORY, "no memory to read a video file");
  }
  // Skipping forward is a seek: what need not be read is not read.
  file->io_->seekable = AVIO_SEEKABLE_NORMAL;
  file->context_ = avformat_alloc_context();
  if (file->context_ == nullptr) {
    return make_error(HOLO_NO_MEMORY, "no memory to read a video file");
  }
  file->context_->pb = file->io_.get();
  file->context_->opaque = &file->talk_;
  file->context_->io_open = refuse_to_open;
  file->context_->flags |= AVFMT_FLAG_CUSTOM_IO;
  const TalkScope scope(file->talk_);
  const AVInputFormat* demuxer = format != nullptr ? av_find_input_format(format) : nullptr;
  const int opened = avformat_open_input(&file->context_, nullptr, demuxer, nullptr);
  if (opened < 0) {
    if (file->read_error_) return *file->read_error_;
    return av_failure(opened, HOLO_CORRUPT,
                      "not a video that FFmpeg can read, or its beginning is damaged", file->talk_);
  }
  return file;
}

InputFile::~InputFile() { avformat_close_input(&context_); }

Result<bool> InputFile::read(AVPacket& packet) {
  av_packet_unref(&packet);
  const TalkScope scope(talk_);
  const int got = av_read_frame(context_, &packet);
  if (read_error_) return *read_error_;
  if (got == AVERROR_EOF) return false;
  if (got < 0) return av_failure(got, HOLO_CORRUPT, "the file is damaged or cut short", talk_);
  return true;
}

OutputFile::OutputFile(AtomicFile& file) : file_(file), seekable_(!file.temporary_path().empty()) {
  auto* memory = static_cast<std::uint8_t*>(av_malloc(kWriteBuffer));
  if (memory == nullptr) return;
  io_.reset(avio_alloc_context(memory, kWriteBuffer, 1, this, nullptr, write_packet,
                               seekable_ ? seek : nullptr));
  if (!io_) av_free(memory);
}

Status OutputFile::put(std::span<const std::uint8_t> bytes) {
  while (position_ > file_.size()) {  // a muxer left a gap
    const std::vector<std::uint8_t> zeros(
        static_cast<std::size_t>(std::min<std::uint64_t>(position_ - file_.size(), kWriteBuffer)));
    HOLO_TRY(file_.write(zeros));
  }
  const auto inside =
      static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), file_.size() - position_));
  if (inside != 0) HOLO_TRY(file_.write_at(position_, bytes.first(inside)));
  if (inside != bytes.size()) HOLO_TRY(file_.write(bytes.subspan(inside)));
  position_ += bytes.size();
  return {};
}

int OutputFile::write_packet(void* self, std::uint8_t* data, int size) {
  auto& output = *static_cast<OutputFile*>(self);
  if (output.write_error_) return AVERROR(EIO);
  Status written = output.put({data, static_cast<std::size_t>(size)});
  if (!written) {
    output.write_error_ = std::move(written).error();
    return AVERROR(EIO);
  }
  return size;
}

std::int64_t OutputFile::seek(void* self, std::int64_t offset, int whence) {
  auto& output = *static_cast<OutputFile*>(self);
  if ((whence & AVSEEK_SIZE) != 0) return static_cast<std::int64_t>(output.file_.size());
  const std::int64_t target = seek_target(offset, whence, output.position_, output.file_.size());
  if (target >= 0) output.position_ = static_cast<std::uint64_t>(target);
  return target;
}

AVIOContext* OutputFile::open_for_reading() {
  auto* memory = static_cast<std::uint8_t*>(av_malloc(kWriteBuffer));
  auto source = std::make_unique<ReadBack>(ReadBack{file_});
  AVIOContext* context = memory == nullptr
                             ? nullptr
                             : avio_alloc_context(memory, kWriteBuffer, 0, source.get(), read_back,
                                                  nullptr, seek_back);
  if (context == nullptr) {
    av_free(memory);
    return nullptr;
  }
  static_cast<void>(source.release());  // close_reading takes it back
  return context;
}

void OutputFile::close_reading(AVIOContext* context) {
  if (context == nullptr) return;
  const std::unique_ptr<ReadBack> source(static_cast<ReadBack*>(context->opaque));
  AvioDelete{}(context);
}

bool is_holovid_stream(const AVStream& stream) {
  return stream.codecpar->codec_type == AVMEDIA_TYPE_VIDEO &&
         stream.codecpar->codec_id == AV_CODEC_ID_NONE && stream.codecpar->codec_tag == kHolovidTag;
}

int find_video_stream(AVFormatContext* context) {
  for (unsigned i = 0; i < context->nb_streams; ++i) {
    if (is_holovid_stream(*context->streams[i])) return static_cast<int>(i);
  }
  const int best = av_find_best_stream(context, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  if (best < 0) return -1;
  const AVStream& stream = *context->streams[best];
  return (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) != 0 ? -1 : best;
}

}  // namespace holo::media
