// Encode: one walk from a picture, video or tensor file through a codec into a container.
#include "core/jobs/encode.hpp"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "core/host/codec_session.hpp"
#include "core/jobs/encode_target.hpp"
#include "core/jobs/input.hpp"
#include "core/media/picture.hpp"
#include "core/media/tensors.hpp"
#include "core/media/video.hpp"

namespace holo::jobs {

namespace {

namespace fs = std::filesystem;

// What a codec may write whatever the input: headers, a basis, the bookkeeping of chunks.
constexpr std::uint64_t kChunkAllowance = 1 << 20;

// What is open on the way: destroyed in reverse, so that nothing outlives what it writes to.
struct Walk {
  host::Registry& registry;
  host::Job& job;
  const host::ComponentInfo& codec;
  EncodeReport& report;
  ContainerHeader header;
  std::unique_ptr<AtomicFile> file;
  std::unique_ptr<ContainerWriter> writer;
  std::unique_ptr<host::EncoderSession> session;

  Status start() {
    HOLO_ASSIGN(session, host::EncoderSession::create(registry, codec, job, header.params,
                                                      header.stream, *writer, kChunkAllowance));
    return {};
  }

  Status push(UnitBuffer& unit) {
    HOLO_TRY(job.check_cancelled());
    job.begin_unit(report.units);
    report.samples_in += unit.byte_size();
    HOLO_TRY(session->push(unit));
    ++report.units;
    return {};
  }

  Status finish() {
    HOLO_TRY(session->finish());
    HOLO_TRY(job.check_cancelled());
    session.reset();
    HOLO_TRY(writer->finish());
    writer.reset();
    report.bytes_out = file->size();
    if (const auto& image = header.stream.image) {
      report.pixels = static_cast<double>(image->width) * static_cast<double>(image->height) *
                      static_cast<double>(report.units);
    }
    return {};
  }
};

Status encode_picture(Walk& walk, Input& input) {
  HOLO_ASSIGN(auto picture, media::read_picture(input.reader(), media::Limits{kUnitLimit}));
  walk.header.stream.kind = HOLO_PICTURE;
  walk.header.stream.unit_count = 1;
  walk.header.stream.image = picture.unit.image;
  walk.header.metadata = std::move(picture.metadata);
  HOLO_ASSIGN(walk.writer, create_holo_file(*walk.file, walk.header));
  walk.job.begin_phase("encode", 1);
  HOLO_TRY(walk.start());
  HOLO_TRY(walk.push(picture.unit));
  return walk.finish();
}

Status encode_tensors(Walk& walk, Input& input) {
  HOLO_ASSIGN(auto tensors, media::open_tensors(input.reader()));
  walk.header.stream.kind = HOLO_TENSOR;
  walk.header.stream.unit_count = tensors->tensors().size();
  if (!tensors->metadata().empty()) {
    const std::string text = nlohmann::json(tensors->metadata()).dump();
    walk.header.metadata.push_back({"safetensors", {text.begin(), text.end()}});
  }
  HOLO_ASSIGN(walk.writer, create_holo_file(*walk.file, walk.header));
  walk.job.begin_phase("encode", walk.header.stream.unit_count);
  HOLO_TRY(walk.start());
  for (std::size_t i = 0; i < tensors->tensors().size(); ++i) {
    HOLO_ASSIGN(auto tensor, tensors->read(i));
    HOLO_TRY(walk.push(tensor));
  }
  return walk.finish();
}

Status encode_video(Walk& walk, Input& input) {
  HOLO_ASSIGN(auto* module, media::load_video_module());
  HOLO_ASSIGN(auto video, module->open_video(input.path()));
  walk.header.stream = video->stream();
  HOLO_ASSIGN(walk.writer, module->create_matroska(*walk.file, walk.header, input.path(),
                                                   &walk.report.warnings));
  std::uint64_t total = walk.header.stream.unit_count;
  const Rational rate = walk.header.stream.frame_rate;
  if (total == 0 && rate.num > 0) {
    // For the progress display only; a file may claim any duration.
    const double frames =
        video->duration_seconds() * static_cast<double>(rate.num) / static_cast<double>(rate.den);
    if (frames > 0 && frames < 1e15) total = static_cast<std::uint64_t>(frames + 0.5);
  }
  walk.job.begin_phase("encode", total);
  HOLO_TRY(walk.start());
  for (;;) {
    HOLO_ASSIGN(auto frame, video->next());
    if (!frame) break;
    frame->info.index = walk.report.units;
    HOLO_TRY(walk.push(*frame));
  }
  if (walk.report.units == 0) {
    return make_error(HOLO_CORRUPT, "the video stream holds no frame");
  }
  return walk.finish();
}

Status check_video(Input& input) {
  HOLO_ASSIGN(auto* module, media::load_video_module());
  auto video = module->open_video(input.path());
  if (!video) return about(input.name(), std::move(video).error());
  return {};
}

struct Source {
  InputKind kind;
  std::int32_t media_kind;
  Status (*encode)(Walk&, Input&);
};
constexpr Source kSources[] = {{InputKind::picture, HOLO_PICTURE, encode_picture},
                               {InputKind::video, HOLO_FRAME, encode_video},
                               {InputKind::tensors, HOLO_TENSOR, encode_tensors}};

std::string stored_kinds(const host::FormatInfo& format) {
  std::string text;
  for (std::int32_t kind = HOLO_PICTURE; kind <= HOLO_KV; ++kind) {
    if ((format.kinds & (1u << kind)) == 0) continue;
    text += (text.empty() ? "" : ", ") + media_kind_name(kind);
  }
  return text;
}

std::string default_output(const std::string& input, const host::ComponentInfo& codec) {
  return input == "-" ? "-" : fs::path(input).replace_extension(codec.format.extension).string();
}

}  // namespace

Result<const host::ComponentInfo*> find_named(const host::Registry& registry,
                                              host::ComponentKind kind, std::string_view name) {
  auto found = registry.find(kind, name);
  // A name that the user typed: wrong usage, not a failure.
  if (!found && found.error().code == HOLO_NOT_FOUND) found.error().code = HOLO_INVALID_ARG;
  return found;
}

std::string media_kind_name(std::int32_t kind) {
  constexpr const char* kNames[] = {"unknown", "picture", "video", "tensor", "kv"};
  return kNames[kind >= HOLO_PICTURE && kind <= HOLO_KV ? kind : 0];
}

std::string image_model_name(std::int32_t model) {
  constexpr const char* kNames[] = {"unknown", "gray", "rgb", "ycbcr"};
  return kNames[model >= HOLO_GRAY && model <= HOLO_YCBCR ? model : 0];
}

Result<CodecChoice> choose_codec(const host::Registry& registry,
                                 const std::optional<host::ComponentSpec>& spec,
                                 std::int32_t media_kind, const std::string& output) {
  if (spec) {
    HOLO_ASSIGN(const auto* codec, find_named(registry, host::ComponentKind::codec, spec->name));
    if ((codec->capabilities & HOLO_CODEC_ENCODES) == 0) {
      return make_error(HOLO_UNSUPPORTED, "codec '" + spec->name + "' only decodes");
    }
    if ((codec->format.kinds & (1u << media_kind)) == 0) {
      return make_error(HOLO_UNSUPPORTED, "codec '" + spec->name + "' stores " +
                                              stored_kinds(codec->format) + ", the input is " +
                                              media_kind_name(media_kind));
    }
    return CodecChoice{codec, "--codec"};
  }
  const auto candidates = registry.encoders_for(media_kind);
  const std::string extension = fs::path(output).extension().string();
  for (const auto* codec : candidates) {
    if (!extension.empty() && codec->format.extension == extension) {
      return CodecChoice{codec, "the extension " + extension};
    }
  }
  if (!candidates.empty() && (extension.empty() || output == "-")) {
    return CodecChoice{candidates.front(), "the input's kind"};
  }
  return make_error(HOLO_INVALID_ARG,
                    candidates.empty()
                        ? "no codec here stores " + media_kind_name(media_kind) +
                              "; 'holohost plugins list' shows what there is"
                        : "no codec for " + media_kind_name(media_kind) + " writes " + extension +
                              "; name one with --codec ('holohost plugins list' shows them)");
}

Result<EncodeReport> encode(host::Registry& registry, host::Job& job,
                            const EncodeOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  HOLO_ASSIGN(auto input, Input::open(options.input));
  const auto* source = std::find_if(std::begin(kSources), std::end(kSources),
                                    [&](const Source& row) { return row.kind == input.kind(); });
  if (source == std::end(kSources)) {
    return make_error(HOLO_UNSUPPORTED, input.name() +
                                            " is already a holohost file; to change its codec, "
                                            "decode it first");
  }
  auto chosen = choose_codec(registry, options.codec, source->media_kind, options.output);
  if (!chosen) {
    // Whatever is nothing else counts as video: say first if it is none.
    if (input.kind() == InputKind::video) HOLO_TRY(check_video(input));
    return std::move(chosen).error();
  }
  const CodecChoice choice = *chosen;

  EncodeReport report;
  report.bytes_in = input.size();
  report.codec_id = choice.codec->id;
  report.codec_version = choice.codec->version;
  report.chosen_by = choice.chosen_by;
  report.output =
      options.output.empty() ? default_output(options.input, *choice.codec) : options.output;

  std::vector<host::KeyValue> given;
  if (options.codec) given = options.codec->params;
  given.insert(given.end(), options.params.begin(), options.params.end());
  HOLO_ASSIGN(report.params,
              host::resolve_params(choice.codec->params, given, choice.codec->alias, false));
  if (same_file(options.input, report.output)) {
    return make_error(HOLO_INVALID_ARG, "input and output are the same file: " + report.output);
  }

  const EncodeOnce encode_once = [&](const ParamValues& params) -> Result<Encoded> {
    Encoded encoded{nullptr, report};
    encoded.report.params = params;
    Walk walk{registry, job, *choice.codec, encoded.report, {}, {}, {}, {}};
    walk.header.format_id = choice.codec->format.format_id;
    walk.header.bitstream_version = choice.codec->format.bitstream_version;
    walk.header.plugin_id = choice.codec->id;
    walk.header.plugin_version = choice.codec->version;
    walk.header.params = params;
    HOLO_ASSIGN(walk.file, AtomicFile::create(report.output, options.overwrite));
    Status walked = source->encode(walk, input);
    if (!walked) return about(input.name(), std::move(walked).error());
    encoded.file = std::move(walk.file);
    return encoded;
  };
  HOLO_ASSIGN(Encoded encoded, options.target
                                   ? encode_to_target({registry, job, options, input, *choice.codec,
                                                       source->media_kind, given},
                                                      report.params, encode_once)
                                   : encode_once(report.params));
  HOLO_TRY(encoded.file->commit());
  job.finish_phase();
  report = std::move(encoded.report);
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace holo::jobs
