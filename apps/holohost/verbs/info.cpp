// holohost info
#include "core/jobs/info.hpp"

#include <cinttypes>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/holohost/session.hpp"
#include "apps/holohost/verbs/verbs.hpp"
#include "core/jobs/encode.hpp"

namespace holo::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr Option kOptions[] = {
    {"verify", 0, nullptr, "read every chunk and check it"},
    {"chunks", 0, nullptr, "list the chunks"},
    {"json", 0, nullptr, "print one JSON object on stdout"},
};

struct ImageField {
  const char* key;
  std::int32_t holo_image::*field;
};
constexpr ImageField kImageFields[] = {{"bit_depth", &holo_image::bit_depth},
                                       {"chroma_shift_x", &holo_image::chroma_shift_x},
                                       {"chroma_shift_y", &holo_image::chroma_shift_y},
                                       {"matrix", &holo_image::matrix},
                                       {"transfer", &holo_image::transfer},
                                       {"primaries", &holo_image::primaries},
                                       {"full_range", &holo_image::full_range},
                                       {"orientation", &holo_image::orientation}};

std::string type_text(std::uint32_t type) {
  std::string text;
  for (int shift = 0; shift < 32; shift += 8) {
    const auto c = static_cast<unsigned char>(type >> shift);
    text += c >= 0x20 && c < 0x7F ? static_cast<char>(c) : '?';
  }
  return text;
}

double frames_per_second(const StreamInfo& stream) {
  if (stream.frame_rate.num <= 0 || stream.frame_rate.den <= 0) return 0;
  return static_cast<double>(stream.frame_rate.num) / static_cast<double>(stream.frame_rate.den);
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  }
  return text + "]";
}

Json media_json(const jobs::InfoReport& report) {
  const StreamInfo& stream = report.header.stream;
  Json media = {{"kind", jobs::media_kind_name(stream.kind)}};
  if (stream.image) {
    media["width"] = stream.image->width;
    media["height"] = stream.image->height;
    media["model"] = jobs::image_model_name(stream.image->model);
    media["alpha"] = stream.image->has_alpha != 0;
    for (const ImageField& row : kImageFields) media[row.key] = (*stream.image).*row.field;
  }
  if (stream.kind == HOLO_FRAME) {
    media["frames"] = stream.unit_count;
    media["fps"] = frames_per_second(stream);
    media["time_base"] = {stream.time_base.num, stream.time_base.den};
    media["seconds"] = report.duration_seconds;
  }
  if (stream.kind == HOLO_TENSOR || stream.kind == HOLO_KV) {
    Json tensors = Json::array();
    for (const UnitInfo& tensor : report.tensors) {
      tensors.push_back(
          {{"name", tensor.name}, {"dtype", dtype_name(tensor.dtype)}, {"shape", tensor.shape}});
    }
    media["tensors"] = std::move(tensors);
  }
  return media;
}

int print_report_json(const std::string& input, const jobs::InfoReport& report) {
  Json chunks = Json::array();
  for (const ChunkEntry& entry : report.chunks) {
    Json row = {{"type", type_text(entry.chunk.type)}};
    row["unit"] = entry.chunk.unit == HOLO_SHARED_UNIT ? Json() : Json(entry.chunk.unit);
    row["part"] = entry.chunk.part;
    row["offset"] = entry.offset;
    row["bytes"] = entry.chunk.size;
    chunks.push_back(std::move(row));
  }
  Json metadata = Json::array();
  for (const Metadata& entry : report.header.metadata) {
    metadata.push_back({{"name", entry.name}, {"bytes", entry.bytes.size()}});
  }
  Json figures = Json::object();
  for (const auto& [key, value] : report.figures) figures[key] = value;
  return print_json(
      {{"input", input},
       {"format", report.header.format_id},
       {"version", report.header.bitstream_version},
       {"container", report.container},
       {"container_version", report.container_version},
       {"codec", {{"id", report.header.plugin_id}, {"version", report.header.plugin_version}}},
       {"params", params_json(report.header.params)},
       {"media", media_json(report)},
       {"bytes", report.bytes},
       {"bpp", report.bits_per_pixel},
       {"figures", std::move(figures)},
       {"metadata", std::move(metadata)},
       {"chunks", std::move(chunks)},
       {"intact", report.intact}});
}

void print_row(const char* name, const std::string& text) {
  std::printf("%-12s %s\n", name, text.c_str());
}

std::string media_text(const jobs::InfoReport& report) {
  const StreamInfo& stream = report.header.stream;
  std::string text = jobs::media_kind_name(stream.kind);
  if (stream.image) {
    const holo_image& image = *stream.image;
    text += " " + std::to_string(image.width) + "x" + std::to_string(image.height) + " " +
            jobs::image_model_name(image.model) + (image.has_alpha != 0 ? " with alpha" : "") +
            ", " + std::to_string(image.bit_depth) + " bit";
    if (image.model == HOLO_YCBCR) {
      text += image.chroma_shift_x == 0   ? " 4:4:4"
              : image.chroma_shift_y == 0 ? " 4:2:2"
                                          : " 4:2:0";
    }
  }
  if (stream.kind == HOLO_FRAME) {
    text += ", " + std::to_string(stream.unit_count) + " frames";
    const double rate = frames_per_second(stream);
    text += rate > 0 ? ", " + fixed(rate, 3) + " per second" : ", variable rate";
    text += ", " + human_seconds(report.duration_seconds);
  }
  if (!report.tensors.empty()) text += ", " + std::to_string(report.tensors.size()) + " tensors";
  return text;
}

void print_text(const jobs::InfoReport& report, bool list_chunks) {
  const ContainerHeader& header = report.header;
  print_row("format", header.format_id + " version " + std::to_string(header.bitstream_version) +
                          " in " + report.container);
  print_row("codec", header.plugin_id + " " + header.plugin_version);
  std::string params;
  for (const ParamValue& value : header.params.values) {
    params += (params.empty() ? "" : " ") + value.key + "=" + value.to_text();
  }
  print_row("params", params);
  print_row("media", media_text(report));
  print_row("bytes", std::to_string(report.bytes) +
                         (report.bits_per_pixel > 0
                              ? " (" + fixed(report.bits_per_pixel, 4) + " bits a pixel)"
                              : ""));
  for (const Metadata& entry : header.metadata) {
    print_row("metadata", entry.name + ", " + human_bytes(entry.bytes.size()));
  }
  for (const auto& [key, value] : report.figures) print_row(key.c_str(), fixed(value, 4));
  for (const UnitInfo& tensor : report.tensors) {
    print_row("tensor", tensor.name + " " + dtype_name(tensor.dtype) + shape_text(tensor.shape));
  }
  print_row("chunks", std::to_string(report.chunks.size()));
  if (list_chunks) {
    std::printf("  %-4s %10s %6s %12s %10s\n", "type", "unit", "part", "offset", "bytes");
    for (const ChunkEntry& entry : report.chunks) {
      const std::string unit =
          entry.chunk.unit == HOLO_SHARED_UNIT ? "shared" : std::to_string(entry.chunk.unit);
      std::printf("  %-4s %10s %6" PRIu32 " %12" PRIu64 " %10" PRIu64 "\n",
                  type_text(entry.chunk.type).c_str(), unit.c_str(), entry.chunk.part, entry.offset,
                  entry.chunk.size);
    }
  }
  print_row("intact", report.intact           ? "yes"
                      : report.damage.empty() ? "no"
                                              : "no: " + report.damage);
}

int run(const Arguments& arguments) {
  auto input = arguments.one_operand("one .holo or .holovid file");
  if (!input) return report_error(arguments, input.error());
  auto registry = open_registry(arguments);
  if (!registry) return report_error(arguments, registry.error());
  auto job = open_job(arguments);
  if (!job) return report_error(arguments, job.error());
  auto report = jobs::info(**registry, **job, *input, arguments.has("verify"));
  if (!report) return report_error(arguments, report.error());
  for (const std::string& text : report->warnings) warn(text);
  const int printed = wants_json(arguments) ? print_report_json(*input, *report)
                                            : (print_text(*report, arguments.has("chunks")), 0);
  return arguments.has("verify") && !report->intact ? kExitFailure : printed;
}

}  // namespace

Verb info_verb() {
  return {"info",
          "IN [--verify] [--chunks] [--json]",
          "Show what a .holo or .holovid file holds",
          "Works without the codec's plugin; with it, the codec adds its own figures. With "
          "--verify a\ndamaged file gives exit code 1.",
          "  holohost info photo.holo\n"
          "  holohost info clip.holovid --json\n",
          kOptions,
          Complete::file,
          run};
}

}  // namespace holo::cli
