// Decode: every unit of a container, rendered in order into a picture, video or tensor file.
#include "core/jobs/decode.hpp"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "core/jobs/container_session.hpp"
#include "core/jobs/encode.hpp"
#include "core/media/picture.hpp"
#include "core/media/tensors.hpp"
#include "core/media/video.hpp"

namespace holo::jobs {

namespace {

struct Walk {
  host::Job& job;
  const DecodeOptions& options;
  ContainerSession& session;
  AtomicFile& file;
  std::string format;
  DecodeReport& report;

  Result<UnitBuffer> render(std::uint64_t unit) {
    HOLO_TRY(job.check_cancelled());
    job.begin_unit(unit);
    host::RenderRequest request;
    request.unit = unit;
    request.components = options.components;
    request.sequential = true;
    HOLO_ASSIGN(auto rendered, session.decoder->render(request, kUnitLimit));
    report.samples_out += rendered.byte_size();
    ++report.units;
    return rendered;
  }
};

Status decode_picture(Walk& walk) {
  const media::PictureFormat* format = media::picture_format_for_path("x." + walk.format);
  walk.job.begin_phase("decode", 1);
  HOLO_ASSIGN(auto picture, walk.render(0));
  return media::write_picture(walk.file, *format, picture, walk.session.reader->header().metadata,
                              {});
}

Status decode_video(Walk& walk) {
  HOLO_ASSIGN(auto* module, media::load_video_module());
  const StreamInfo& stream = walk.session.reader->header().stream;
  HOLO_ASSIGN(auto writer,
              module->create_video(walk.file, walk.format, stream, walk.session.input.path()));
  walk.job.begin_phase("decode", stream.unit_count);
  for (std::uint64_t unit = 0;; ++unit) {
    auto info = walk.session.reader->unit_info(unit);
    if (!info) {
      if (info.error().code == HOLO_NOT_FOUND && unit > 0) break;
      return std::move(info).error();
    }
    HOLO_ASSIGN(auto frame, walk.render(unit));
    HOLO_TRY(writer->push(frame));
  }
  HOLO_TRY(writer->finish());
  auto& warnings = walk.report.warnings;
  warnings.insert(warnings.end(), writer->warnings().begin(), writer->warnings().end());
  return {};
}

Status decode_tensors(Walk& walk) {
  ContainerReader& reader = *walk.session.reader;
  std::vector<UnitInfo> infos;
  for (std::uint64_t unit = 0; unit < reader.header().stream.unit_count; ++unit) {
    HOLO_ASSIGN(auto info, reader.unit_info(unit));
    infos.push_back(std::move(info));
  }
  std::map<std::string, std::string> metadata;
  for (const Metadata& entry : reader.header().metadata) {
    if (entry.name != "safetensors") continue;
    const auto json = nlohmann::json::parse(entry.bytes, nullptr, false);
    if (!json.is_object()) continue;
    for (const auto& [key, value] : json.items()) {
      if (value.is_string()) metadata[key] = value.get<std::string>();
    }
  }
  HOLO_ASSIGN(auto writer, media::create_tensors(walk.file, walk.format, infos, metadata));
  walk.job.begin_phase("decode", infos.size());
  for (std::uint64_t unit = 0; unit < infos.size(); ++unit) {
    HOLO_ASSIGN(auto tensor, walk.render(unit));
    HOLO_TRY(writer->push(tensor));
  }
  return writer->finish();
}

struct Target {
  std::int32_t media_kind;
  std::string_view formats;  // space-separated extensions without the dot
  Status (*decode)(Walk&);
};
constexpr Target kTargets[] = {{HOLO_PICTURE, "png jpg jpeg ppm pgm pam", decode_picture},
                               {HOLO_FRAME, "mp4 mkv y4m mov", decode_video},
                               {HOLO_TENSOR, "safetensors npy", decode_tensors}};

bool lists(std::string_view words, std::string_view word) {
  if (word.empty()) return false;
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t end = std::min(words.find(' ', at), words.size());
    if (words.substr(at, end - at) == word) return true;
    at = end + 1;
  }
  return false;
}

std::string wanted_format(const DecodeOptions& options) {
  std::string name = options.format;
  if (name.empty()) name = std::filesystem::path(options.output).extension().string();
  if (!name.empty() && name.front() == '.') name.erase(0, 1);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

}  // namespace

Result<DecodeReport> decode(host::Registry& registry, host::Job& job,
                            const DecodeOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  DecodeReport report;
  HOLO_ASSIGN(auto input, Input::open(options.input));
  HOLO_ASSIGN(auto session, ContainerSession::open(registry, job, std::move(input), options.decoder,
                                                   options.params));
  const std::int32_t kind = session.reader->header().stream.kind;
  const auto* target = std::find_if(std::begin(kTargets), std::end(kTargets),
                                    [&](const Target& row) { return row.media_kind == kind; });
  if (target == std::end(kTargets)) {
    return make_error(HOLO_UNSUPPORTED,
                      session.input.name() + " holds " + media_kind_name(kind) +
                          ", which has no file format to decode to; see 'holohost info'");
  }
  const std::string format = wanted_format(options);
  if (!lists(target->formats, format)) {
    return make_error(HOLO_INVALID_ARG,
                      "cannot write " + media_kind_name(kind) + " as '" + format +
                          "'; expected one of: " + std::string(target->formats) +
                          (options.output == "-" ? " (name it with --format)" : ""));
  }
  if (same_file(options.input, options.output)) {
    return make_error(HOLO_INVALID_ARG, "input and output are the same file: " + options.output);
  }
  if (!session.reader->intact()) {
    report.warnings.push_back(session.input.name() +
                              " is damaged or cut short; decoding what is left of it");
  }
  report.bytes_in = session.input.size();
  report.codec_id = session.codec->id;
  HOLO_ASSIGN(auto file, AtomicFile::create(options.output, options.overwrite));
  Walk walk{job, options, session, *file, format, report};
  Status walked = target->decode(walk);
  if (!walked) return about(session.input.name(), std::move(walked).error());
  report.bytes_out = file->size();
  HOLO_TRY(job.check_cancelled());
  HOLO_TRY(file->commit());
  job.finish_phase();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace holo::jobs
