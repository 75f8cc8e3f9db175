// Info: header, chunks and figures of one container.
#include "core/jobs/info.hpp"

#include "core/host/codec_session.hpp"
#include "core/jobs/input.hpp"

namespace holo::jobs {

namespace {

// Asks the codec for its figures; a codec that is missing or fails costs a warning, not the job.
void add_figures(host::Registry& registry, host::Job& job, ContainerReader& reader,
                 InfoReport& report) {
  auto codec = registry.decoder_for(report.header.format_id, report.header.bitstream_version);
  if (!codec) {
    report.warnings.push_back(codec.error().message);
    return;
  }
  auto params = host::resolve_params((*codec)->params, {}, (*codec)->alias, true);
  if (!params) {
    report.warnings.push_back(params.error().message);
    return;
  }
  auto decoder = host::DecoderSession::create(registry, **codec, job, *params, reader);
  const Status status = decoder ? (*decoder)->inspect([&report](const char* key, double value) {
    report.figures.emplace_back(key, value);
  })
                                : Status(decoder.error());
  if (!status) report.warnings.push_back(status.error().message);
}

}  // namespace

Result<InfoReport> info(host::Registry& registry, host::Job& job, const std::string& path,
                        bool verify) {
  HOLO_ASSIGN(auto input, Input::open(path));
  HOLO_ASSIGN(auto reader, open_container(input));
  InfoReport report;
  report.header = reader->header();
  report.container = reader->container_name();
  report.container_version = reader->container_version();
  report.bytes = input.size();
  report.intact = reader->intact();
  HOLO_ASSIGN(report.chunks, reader->chunks());
  if (verify) {
    const Status verified = reader->verify();
    if (!verified) {
      report.intact = false;
      report.damage = verified.error().message;
    }
  }
  const StreamInfo& stream = report.header.stream;
  std::uint64_t units = stream.unit_count;
  if (stream.kind == HOLO_FRAME && units > 0) {
    auto last = reader->unit_info(units - 1);
    auto first = reader->unit_info(0);
    if (last && first && stream.time_base.den > 0) {
      // In floating point, because times out of a damaged file may be any integers.
      const double ticks = static_cast<double>(last->pts) + static_cast<double>(last->duration) -
                           static_cast<double>(first->pts);
      report.duration_seconds = ticks * static_cast<double>(stream.time_base.num) /
                                static_cast<double>(stream.time_base.den);
    }
  }
  if (stream.image && units > 0) {
    report.bits_per_pixel =
        8.0 * static_cast<double>(report.bytes) /
        (static_cast<double>(stream.image->width) * static_cast<double>(stream.image->height) *
         static_cast<double>(units));
  }
  if (stream.kind == HOLO_TENSOR || stream.kind == HOLO_KV) {
    for (std::uint64_t unit = 0; unit < units; ++unit) {
      auto tensor = reader->unit_info(unit);
      if (!tensor) break;  // a file that was cut short knows only the units that survive
      report.tensors.push_back(std::move(*tensor));
    }
  }
  add_figures(registry, job, *reader, report);
  return report;
}

}  // namespace holo::jobs
