// One source for each kind of input.
#include "core/jobs/unit_source.hpp"

#include "core/jobs/container_session.hpp"
#include "core/media/picture.hpp"
#include "core/media/tensors.hpp"
#include "core/media/video.hpp"

namespace holo::jobs {

namespace {

class PictureSource final : public UnitSource {
 public:
  explicit PictureSource(UnitBuffer unit) : unit_(std::move(unit)) {
    stream_.kind = HOLO_PICTURE;
    stream_.unit_count = 1;
    stream_.image = unit_->image;
  }
  [[nodiscard]] const StreamInfo& stream() const override { return stream_; }
  Result<std::optional<UnitBuffer>> next() override { return std::exchange(unit_, std::nullopt); }

 private:
  StreamInfo stream_;
  std::optional<UnitBuffer> unit_;
};

class VideoSource final : public UnitSource {
 public:
  explicit VideoSource(std::unique_ptr<media::VideoReader> reader) : reader_(std::move(reader)) {}
  [[nodiscard]] const StreamInfo& stream() const override { return reader_->stream(); }
  Result<std::optional<UnitBuffer>> next() override {
    HOLO_ASSIGN(auto frame, reader_->next());
    if (frame) frame->info.index = count_++;
    return frame;
  }

 private:
  std::unique_ptr<media::VideoReader> reader_;
  std::uint64_t count_ = 0;
};

class TensorSource final : public UnitSource {
 public:
  TensorSource(Input input, std::unique_ptr<media::TensorFile> file)
      : input_(std::move(input)), file_(std::move(file)) {
    stream_.kind = HOLO_TENSOR;
    stream_.unit_count = file_->tensors().size();
  }
  [[nodiscard]] const StreamInfo& stream() const override { return stream_; }
  Result<std::optional<UnitBuffer>> next() override {
    if (next_ == file_->tensors().size()) return std::optional<UnitBuffer>();
    HOLO_ASSIGN(auto tensor, file_->read(next_++));
    return std::optional<UnitBuffer>(std::move(tensor));
  }

 private:
  Input input_;  // the tensor file reads through it
  std::unique_ptr<media::TensorFile> file_;
  StreamInfo stream_;
  std::size_t next_ = 0;
};

class ContainerSource final : public UnitSource {
 public:
  explicit ContainerSource(ContainerSession session) : session_(std::move(session)) {}
  [[nodiscard]] const StreamInfo& stream() const override {
    return session_.reader->header().stream;
  }
  Result<std::optional<UnitBuffer>> next() override {
    auto info = session_.reader->unit_info(next_);
    if (!info) {
      if (info.error().code == HOLO_NOT_FOUND && next_ > 0) return std::optional<UnitBuffer>();
      return std::move(info).error();
    }
    host::RenderRequest request;
    request.unit = next_++;
    request.sequential = true;
    HOLO_ASSIGN(auto unit, session_.decoder->render(request, kUnitLimit));
    return std::optional<UnitBuffer>(std::move(unit));
  }

 private:
  ContainerSession session_;
  std::uint64_t next_ = 0;
};

Result<std::unique_ptr<UnitSource>> open_source(host::Registry& registry, host::Job& job,
                                                const std::string& path) {
  HOLO_ASSIGN(auto input, Input::open(path));
  switch (input.kind()) {
    case InputKind::picture: {
      HOLO_ASSIGN(auto picture, media::read_picture(input.reader(), media::Limits{kUnitLimit}));
      return std::unique_ptr<UnitSource>(std::make_unique<PictureSource>(std::move(picture.unit)));
    }
    case InputKind::tensors: {
      HOLO_ASSIGN(auto file, media::open_tensors(input.reader()));
      return std::unique_ptr<UnitSource>(
          std::make_unique<TensorSource>(std::move(input), std::move(file)));
    }
    case InputKind::video: {
      HOLO_ASSIGN(auto* module, media::load_video_module());
      HOLO_ASSIGN(auto reader, module->open_video(input.path()));
      return std::unique_ptr<UnitSource>(std::make_unique<VideoSource>(std::move(reader)));
    }
    default: {
      HOLO_ASSIGN(auto session, ContainerSession::open(registry, job, std::move(input), {}, {}));
      return std::unique_ptr<UnitSource>(std::make_unique<ContainerSource>(std::move(session)));
    }
  }
}

}  // namespace

Result<std::unique_ptr<UnitSource>> open_units(host::Registry& registry, host::Job& job,
                                               const std::string& path) {
  auto source = open_source(registry, job, path);
  if (!source) return about(path, std::move(source).error());
  return source;
}

}  // namespace holo::jobs
