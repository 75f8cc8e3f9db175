// Render: opens a container, asks the codec for one region, writes it as a picture.
#include "core/jobs/render.hpp"

#include <chrono>

#include "core/jobs/container_session.hpp"
#include "core/jobs/encode.hpp"
#include "core/media/picture.hpp"

namespace holo::jobs {

Result<RenderReport> render(host::Registry& registry, host::Job& job,
                            const RenderOptions& options) {
  const std::string target = options.format.empty() ? options.output : "x." + options.format;
  const media::PictureFormat* format = media::picture_format_for_path(target);
  if (format == nullptr || !format->writes) {
    return make_error(HOLO_INVALID_ARG, "cannot write a picture as '" + options.output +
                                            "'; use a name that ends in .png, .jpg or .ppm" +
                                            (options.output == "-" ? ", or --format png" : ""));
  }
  HOLO_ASSIGN(auto input, Input::open(options.input));
  HOLO_ASSIGN(auto session, ContainerSession::open(registry, job, std::move(input), options.decoder,
                                                   options.params));
  const std::int32_t kind = session.reader->header().stream.kind;
  if (kind != HOLO_PICTURE && kind != HOLO_FRAME) {
    return make_error(HOLO_UNSUPPORTED, session.input.name() + " holds " + media_kind_name(kind) +
                                            ", render makes pictures; use 'holohost decode'");
  }
  RenderReport report;
  report.file_bytes = session.input.size();
  report.unit = options.frame;

  job.begin_phase("render", 1);
  const auto start = std::chrono::steady_clock::now();
  if (options.seconds) {
    HOLO_ASSIGN(report.unit, session.reader->unit_at(*options.seconds));
  }
  job.begin_unit(report.unit);
  host::RenderRequest request;
  request.unit = report.unit;
  request.x = options.x;
  request.y = options.y;
  request.width = options.width;
  request.height = options.height;
  request.components = options.components;
  auto rendered = session.decoder->render(request, kUnitLimit);
  if (!rendered) return about(session.input.name(), std::move(rendered).error());
  report.microseconds = std::chrono::duration_cast<std::chrono::microseconds>(
                            std::chrono::steady_clock::now() - start)
                            .count();
  report.bytes_read = session.reader->bytes_read();
  report.width = rendered->image->width;
  report.height = rendered->image->height;

  if (same_file(options.input, options.output)) {
    return make_error(HOLO_INVALID_ARG, "input and output are the same file: " + options.output);
  }
  HOLO_ASSIGN(auto file, AtomicFile::create(options.output, options.overwrite));
  HOLO_TRY(media::write_picture(*file, *format, *rendered, session.reader->header().metadata, {}));
  HOLO_TRY(job.check_cancelled());
  HOLO_TRY(file->commit());
  job.finish_phase();
  return report;
}

}  // namespace holo::jobs
